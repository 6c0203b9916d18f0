/** Every command of `bunting`. A command's modules load only when it runs, so that small commands start fast. */
import { didYouMean } from "../schema/text/suggest.ts";
import type { AnyCommand } from "./command/command.ts";
import { commandLine } from "./command/command-line.ts";
import { exitCodes } from "./command/run-command.ts";

const modules = {
  start: () => import("./start.ts"),
  init: () => import("./init/init.ts"),
  validate: () => import("./validate.ts"),
  format: () => import("./format.ts"),
  build: () => import("./build.ts"),
  plan: () => import("./plan.ts"),
  evaluate: () => import("./evaluate.ts"),
  publish: () => import("./publish/publish.ts"),
  schedule: () => import("./schedule.ts"),
  types: () => import("./types/types.ts"),
  schema: () => import("./schema.ts"),
  migrate: () => import("./migrate.ts"),
  token: () => import("./token.ts"),
  stale: () => import("./github/stale.ts"),
  drift: () => import("./github/drift.ts"),
  comment: () => import("./github/comment.ts"),
  approval: () => import("./github/approval.ts"),
  deployment: () => import("./github/deployment.ts"),
};

/** A few words for the list of commands. */
const summaries: Readonly<Record<keyof typeof modules, string>> = {
  start: "serve and change flags over HTTP",
  init: "write the files of a new repository of flags",
  validate: "report every problem in the flag files",
  format: "write flag files in the canonical layout",
  build: "compile a commit into a directory of responses",
  plan: "show the effects of a change on what consumers receive",
  evaluate: "evaluate a flag for a caller",
  publish: "publish a commit to S3 or a directory",
  schedule: "apply the scheduled steps that are due",
  types: "write the names and variants of flags as TypeScript types",
  schema: "write JSON Schemas for editors from bunting.yaml",
  migrate: "bring the repository to the format of this version, or back",
  token: "create an API token",
  stale: "report flags that are no longer needed",
  drift: "compare what a CDN serves with a commit",
  comment: "write the plan as a comment on a pull request",
  approval: "check that somebody other than the requester approved a proposal",
  deployment: "report a publication as a GitHub deployment",
};

export const commandNames = Object.keys(modules);

/** The command of this name; `undefined` if there is none. */
export async function loadCommand(name: string): Promise<AnyCommand | undefined> {
  if (!Object.hasOwn(modules, name)) return undefined;
  const { command } = await modules[name as keyof typeof modules]();
  return command;
}

/** Says that there is no such command, with the closest one. */
export function describeUnknown(name: string): string {
  const hint = didYouMean(name, commandNames) ?? commandLine("--help");
  return `Cannot run "${name}": there is no such command\n  hint: ${hint}`;
}

/** The text of `bunting --help`. */
export function formatCommandList(): string {
  const lines = Object.entries(summaries).map(
    ([name, summary]) => `  ${name.padEnd(12)}${summary}`,
  );
  return `Feature flags as reviewed YAML files in git

Usage: ${commandLine("COMMAND")} [options]

${lines.join("\n")}

  --help      show this help, or with a command its options
  --version   show the version

${exitCodes}
`;
}
