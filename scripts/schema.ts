import path from "node:path";
import { editorSchemas } from "../schema/flag/editor-schema.ts";
import { readAudiences, readText, readWorkTreeProject } from "../store/commit/work-tree.ts";
import { replaceFile } from "../store/files/replace-file.ts";
import { defineCommand, type ExitCode } from "./command/command.ts";
import { shared } from "./command/options.ts";
import { writeResult } from "./command/report.ts";
import { requireFlags } from "./command/repository-top.ts";
import { note } from "./command/stderr.ts";

export const command = defineCommand({
  name: "schema",
  summary:
    "Write JSON Schemas for editors, with the environments and attributes of bunting.yaml and the audiences, into schema/.",
  operands: "",
  options: {
    repo: shared.repo,
    check: { help: "fail if a file is not up to date; write nothing" },
    format: shared.format,
  },
  run({ repo, check, format }): ExitCode {
    requireFlags(repo);
    const { project } = readWorkTreeProject(repo);
    if (!project) {
      note("Cannot read the project: it has errors\n  hint: run: bunting validate");
      return 1;
    }
    const outdated = [...editorSchemas(project, readAudiences(repo, project))].filter(
      ([file, text]) => readText(repo, file) !== text,
    );
    for (const [file, text] of check ? [] : outdated) replaceFile(path.join(repo, file), text);
    const changed = outdated.map(([file]) => file);
    const lines = changed.map((file) => `${file}: ${check ? "not up to date" : "written"}`);
    const text = (lines.length === 0 ? ["up to date"] : lines).join("\n");
    writeResult(format, { changed }, text);
    return check && outdated.length > 0 ? 1 : 0;
  },
});
