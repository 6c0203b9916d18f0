import path from "node:path";
import { editorSchemas } from "../schema/flag/editor-schema.ts";
import { readAudiences, readText, readWorkTreeProject } from "../store/commit/work-tree.ts";
import { makeDirectory } from "../store/files/make-directory.ts";
import { replaceFile } from "../store/files/replace-file.ts";
import { defineCommand, type ExitCode } from "./command/command.ts";
import { commandLine } from "./command/command-line.ts";
import { requireFlags } from "./command/require-flags.ts";

export const command = defineCommand({
  name: "schema",
  summary:
    "Writes JSON Schemas for editors, with the environments and attributes of bunting.yaml and the audiences, into schema/.",
  operands: "",
  options: {
    repo: { value: "PATH", help: "the work tree of the flags", default: "." },
    check: { help: "write nothing; exit with 1 if a file is not up to date" },
  },
  run({ repo, check }): ExitCode {
    requireFlags(repo);
    const { project } = readWorkTreeProject(repo);
    if (!project) {
      const hint = commandLine("validate");
      process.stderr.write(`Cannot read the project: it has errors\n  hint: run: ${hint}\n`);
      return 1;
    }
    const outdated = [...editorSchemas(project, readAudiences(repo, project))].filter(
      ([file, text]) => readText(repo, file) !== text,
    );
    for (const [file, text] of check ? [] : outdated) {
      const place = path.resolve(repo, file);
      makeDirectory(path.dirname(place));
      replaceFile(place, text);
    }
    const lines = outdated.map(([file]) => `${file}: ${check ? "not up to date" : "written"}`);
    process.stdout.write(`${(lines.length === 0 ? ["up to date"] : lines).join("\n")}\n`);
    return check && outdated.length > 0 ? 1 : 0;
  },
});
