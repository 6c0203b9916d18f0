import { type ParsedFile, parsePolicyFile, parseProjectFile } from "../file/parsed-file.ts";
import { isError } from "../problem/problem.ts";
import { policyFile } from "../project/policy.ts";
import { projectFile } from "../project/project.ts";
import { type Migration, MigrationError } from "./migration.ts";

/**
 * `flags/policy.yaml` becomes `bunting.yaml`. Both directions change only two lines and keep every
 * other byte, so that down restores what up found.
 */
export const policyToProject: Migration = {
  number: 4,
  name: "004_policy_to_project",
  up: {
    summary: `${policyFile} becomes ${projectFile}.`,
    run(files) {
      const policy = files.read(policyFile);
      if (policy === undefined)
        return [{ file: projectFile, text: `${pragmas.project}\n${format}` }];
      refuseErrors("up to 4", policyFile, parsePolicyFile(Buffer.from(policy)));
      return [{ file: projectFile, text: toProject(policy) }, { file: policyFile }];
    },
  },
  down: {
    summary: `${projectFile} becomes ${policyFile}.`,
    run(files) {
      const text = files.read(projectFile) ?? "";
      const parsed = parseProjectFile(Buffer.from(text));
      refuseErrors("down to 3", projectFile, parsed);
      const { format: _, protected: locked, ...others } = parsed.project ?? {};
      const keys = Object.keys(others);
      if (keys.length > 0) {
        throw new MigrationError(
          `Cannot migrate down to 3: ${policyFile} cannot hold ${keys.join(", ")}\n  hint: delete these keys from ${projectFile} first`,
        );
      }
      if (locked === undefined) return [{ file: projectFile }];
      return [{ file: projectFile }, { file: policyFile, text: toPolicy(text) }];
    },
  },
};

function refuseErrors(way: string, file: string, { findings }: ParsedFile): void {
  const error = findings.find(isError);
  if (!error) return;
  const position = `${file}:${error.line}:${error.column}`;
  throw new MigrationError(`Cannot migrate ${way}: ${position}: ${error.message}`);
}

const format = "format: 4\n";
const pragmas = {
  policy: "# yaml-language-server: $schema=../schema/policy.schema.json",
  project: "# yaml-language-server: $schema=./schema/bunting.schema.json",
} as const;

/** Comments above `protected` stay with it: the new line goes above them. */
function toProject(policy: string): string {
  const text = policy.replace(pragmas.policy, pragmas.project);
  const [head = ""] = /^(?:(?:#[^\n]*)?\n)*---[^\n]*\n/.exec(text) ?? [];
  const start = head !== "" ? head : text.startsWith(pragmas.project) ? `${pragmas.project}\n` : "";
  const project = start + format + text.slice(start.length);
  if (parseProjectFile(Buffer.from(project)).project) return project;
  throw new MigrationError(
    `Cannot migrate up to 4: ${policyFile} is not in the usual layout\n  hint: run: bunting format`,
  );
}

function toPolicy(project: string): string {
  return project
    .replace(new RegExp(`^${format}`, "m"), "")
    .replace(pragmas.project, pragmas.policy);
}
