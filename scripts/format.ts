import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { readContent } from "../schema/content.ts";
import { format } from "../schema/edit.ts";
import { formatProblem, problemsIn } from "../schema/problem.ts";
import { isReadable } from "../schema/validate.ts";
import { readWorkTree } from "../store/work-tree.ts";
import { main } from "./command.ts";
import { count } from "./report.ts";

await main({
  name: "format",
  summary: "Lays flag files out in the one way there is; comments stay.",
  operands: "[PATH…]",
  options: { check: { help: "changes nothing; exits with 1 where a file is not formatted" } },
  run({ check = false }, places) {
    const roots = places.length === 0 ? ["flags"] : places;
    const entries = roots.flatMap((place) => readWorkTree(".", place, readContent));
    const files = entries.filter(({ file, mode }) => isReadable(file, mode));
    const unformatted: string[] = [];
    const unreadable: string[] = [];
    for (const { file, content } of files) {
      const text = readFileSync(file, "utf8");
      const formatted = attempt(text);
      if (formatted === undefined) {
        unreadable.push(...problemsIn(file, content?.findings ?? [], "").map(formatProblem));
      } else if (formatted !== text) {
        unformatted.push(file);
        if (!check) replace(file, formatted);
      }
    }
    const verb = check ? "not formatted" : "formatted";
    for (const line of unformatted) process.stdout.write(`${line}: ${verb}\n`);
    for (const line of unreadable) process.stdout.write(`${line}\n`);
    process.stdout.write(`${summarize(files.length, unformatted.length, check)}\n`);
    return unreadable.length > 0 || (check && unformatted.length > 0) ? 1 : 0;
  },
});

/** The formatted text; nothing where the text is no flag file. */
function attempt(text: string): string | undefined {
  try {
    return format(text);
  } catch {
    return undefined;
  }
}

/** In one step, so that no reader meets half a file. */
function replace(file: string, text: string): void {
  const temporary = `${file}.${process.pid}.tmp`;
  writeFileSync(temporary, text);
  renameSync(temporary, file);
}

function summarize(files: number, unformatted: number, check: boolean): string {
  if (unformatted === 0) return `${count(files, "flag")}, all formatted`;
  return check
    ? `${unformatted} of ${count(files, "flag")} not formatted; run: npm run format`
    : `${unformatted} of ${count(files, "flag")} formatted`;
}
