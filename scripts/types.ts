import { readFileSync } from "node:fs";
import path from "node:path";
import { makeDirectory } from "../store/files/make-directory.ts";
import { replaceFile } from "../store/files/replace-file.ts";
import { Repository } from "../store/snapshot/repository.ts";
import { defineCommand, type ExitCode } from "./command/command.ts";
import { commandLine } from "./command/command-line.ts";
import { readSnapshot } from "./command/read-snapshot.ts";
import { count } from "./command/report.ts";
import { formatFlagTypes } from "./flag-types.ts";

export const command = defineCommand({
  name: "types",
  summary:
    "Writes a TypeScript module with the names and variants of all flags, so that a wrong one does not compile.",
  operands: "",
  options: {
    at: { value: "COMMIT", help: "the commit whose flags are described", default: "HEAD" },
    out: { value: "FILE", help: "the module to write", default: "dist/flag-names.ts" },
    repo: { value: "PATH", help: "the clone that holds the flags", default: "." },
    check: { help: "write nothing; exit with 1 if the module is not up to date" },
    format: { value: "FORMAT", help: "output format", choices: ["text", "json"], default: "text" },
  },
  async run({ at, out, repo, check, format }): Promise<ExitCode> {
    const snapshot = await readSnapshot(await Repository.open(repo), at);
    if (!snapshot) return 1;

    const text = formatFlagTypes(snapshot.flags);
    const isCurrent = read(out) === text;
    if (!isCurrent && !check) {
      makeDirectory(path.dirname(out));
      replaceFile(out, text);
    }
    const isStale = !isCurrent && check === true;
    const flags = count(snapshot.flags.length, "flag");
    const result = isStale
      ? `Cannot accept ${out}: it does not describe the ${flags} at ${snapshot.commit.slice(0, 7)}\n  hint: ${commandLine("types")} --out ${out}`
      : `${out} describes ${flags}`;
    process.stdout.write(
      format === "json"
        ? `${JSON.stringify({ out, flags: snapshot.flags.length, changed: !isCurrent })}\n`
        : `${result}\n`,
    );
    return isStale ? 1 : 0;
  },
});

function read(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
