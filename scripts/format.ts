import { readFileSync } from "node:fs";
import path from "node:path";
import { countFlags, isReadable } from "../schema/file/validate.ts";
import {
  escapeInvisible,
  type Finding,
  formatProblem,
  problemsIn,
} from "../schema/problem/problem.ts";
import { defaultProject } from "../schema/project/project.ts";
import { decode } from "../schema/yaml/decode.ts";
import { format } from "../schema/yaml/edit.ts";
import { readWorkTree, readWorkTreeProject } from "../store/commit/work-tree.ts";
import { replaceFile } from "../store/files/replace-file.ts";
import { defineCommand } from "./command/command.ts";
import { commandLine } from "./command/command-line.ts";
import { count } from "./command/report.ts";
import { requireFlags } from "./command/require-flags.ts";

export const command = defineCommand({
  name: "format",
  summary: "Writes flag files in the canonical layout; comments stay.",
  operands: "[PATH…]",
  options: {
    repo: { value: "PATH", help: "the clone that holds the flags", default: "." },
    check: { help: "change nothing; exit with 1 if a file is not formatted" },
  },
  run({ repo, check = false }, places) {
    if (places.length === 0) requireFlags(repo);
    const { entries: own, project = defaultProject } = readWorkTreeProject(repo);
    const roots = places.length === 0 ? ["flags"] : places;
    const named = roots.flatMap((place) => readWorkTree(repo, place, project));
    const entries = places.length === 0 ? [...own, ...named] : named;
    const readable = entries.filter(({ file, mode }) => isReadable(file, mode));
    const files = new Map(readable.map(({ file, content }) => [file, content?.findings ?? []]));
    const unformatted: string[] = [];
    const unreadable: string[] = [];
    for (const [file, findings] of files) {
      const place = path.resolve(repo, file);
      const layout = layOut(place, findings);
      if (!layout) {
        unreadable.push(file);
        const problems = problemsIn(file, findings, "").map(formatProblem);
        process.stdout.write(`${problems.join("\n")}\n`);
      } else if (layout.formatted !== layout.text) {
        unformatted.push(file);
        if (!check) replaceFile(place, layout.formatted);
        process.stdout.write(
          `${escapeInvisible(file)}: ${check ? "not formatted" : "formatted"}\n`,
        );
      }
    }
    const flags = new Map(readable.map((entry) => [entry.file, entry]));
    const all = countFlags([...flags.values()]);
    process.stdout.write(summarize(all, unformatted.length, unreadable.length, check));
    return unreadable.length > 0 || (check && unformatted.length > 0) ? 1 : 0;
  },
});

/** The text as it is and as it should be; `undefined` if it is not text, or not YAML. */
function layOut(file: string, findings: readonly Finding[]): Layout | undefined {
  if (findings.some(({ code }) => code === "too-large")) return undefined;
  const { text } = decode(readFileSync(file));
  try {
    return text === undefined ? undefined : { text, formatted: format(text) };
  } catch {
    return undefined;
  }
}

interface Layout {
  readonly text: string;
  readonly formatted: string;
}

function summarize(files: number, unformatted: number, unreadable: number, check: boolean): string {
  if (unformatted + unreadable === 0) return `${count(files, "flag")}, all formatted\n`;
  const done = `${unformatted} of ${count(files, "flag")} ${check ? "not formatted" : "formatted"}`;
  const hint = check && unformatted > 0 ? `; run: ${commandLine("format")}` : "";
  return `${done}${hint}${unreadable > 0 ? `; ${unreadable} cannot be read` : ""}\n`;
}
