import { readFileSync } from "node:fs";
import path from "node:path";
import { countFlags, isReadable } from "../schema/file/validate.ts";
import {
  escapeInvisible,
  type Finding,
  type Problem,
  problemsIn,
} from "../schema/problem/problem.ts";
import { defaultProject } from "../schema/project/project.ts";
import { pluralize } from "../schema/text/show.ts";
import { decodeFile } from "../schema/yaml/decode.ts";
import { format } from "../schema/yaml/edit.ts";
import { distinctFiles, readWorkTree, readWorkTreeProject } from "../store/commit/work-tree.ts";
import { replaceFile } from "../store/files/replace-file.ts";
import { defineCommand } from "./command/command.ts";
import { withCommandLines } from "./command/command-line.ts";
import { shared } from "./command/options.ts";
import { printProblem } from "./command/report.ts";
import { requireFlags } from "./command/repository-top.ts";

export const command = defineCommand({
  name: "format",
  summary: "Write flag files in the canonical layout; comments stay.",
  operands: "[PATH…]",
  options: {
    repo: shared.repo,
    check: { help: "fail if a file is not formatted; write nothing" },
    format: shared.format,
  },
  run({ repo, check = false, format: output }, paths) {
    if (paths.length === 0) requireFlags(repo);
    const { entries: own, project = defaultProject } = readWorkTreeProject(repo);
    const roots = paths.length === 0 ? ["flags"] : paths;
    const named = roots.flatMap((root) => readWorkTree(repo, root, project));
    const entries = paths.length === 0 ? [...own, ...named] : named;
    const readable = entries.filter(({ file, mode }) => isReadable(file, mode));
    const distinct = distinctFiles(readable);
    const changed: string[] = [];
    const problems: Problem[] = [];
    const lines: string[] = [];
    let unreadable = 0;
    for (const { file, content } of distinct) {
      const fullPath = path.resolve(repo, file);
      const findings = content?.findings ?? [];
      const layout = layOut(fullPath, findings);
      if (!layout) {
        unreadable += 1;
        const found = problemsIn(file, findings, "");
        problems.push(...found);
        lines.push(...found.map(printProblem));
      } else if (layout.formatted !== layout.text) {
        changed.push(file);
        if (!check) replaceFile(fullPath, layout.formatted);
        lines.push(`${escapeInvisible(file)}: ${check ? "not formatted" : "formatted"}`);
      }
    }
    const flags = countFlags(distinct);
    lines.push(
      changed.length + unreadable === 0
        ? `${pluralize(flags, "flag")}, all formatted`
        : summarize(distinct.length, changed.length, unreadable, check),
    );
    const json = () => JSON.stringify({ flags, changed, problems }, null, 2);
    process.stdout.write(`${output === "json" ? json() : lines.join("\n")}\n`);
    return unreadable > 0 || (check && changed.length > 0) ? 1 : 0;
  },
});

/** The text as it is and as it should be; `undefined` if it is not text, or not YAML. */
function layOut(file: string, findings: readonly Finding[]) {
  if (findings.some(({ code }) => code === "too-large")) return undefined;
  const { text } = decodeFile(readFileSync(file));
  try {
    return text === undefined ? undefined : { text, formatted: format(text) };
  } catch {
    return undefined;
  }
}

function summarize(files: number, unformatted: number, unreadable: number, check: boolean): string {
  const done = `${unformatted} of ${pluralize(files, "file")} ${check ? "not formatted" : "formatted"}`;
  const hint = check && unformatted > 0 ? withCommandLines("; run: bunting format") : "";
  return `${done}${hint}${unreadable > 0 ? `; ${unreadable} cannot be read` : ""}`;
}
