/** Every command of `bunting`. A command's modules load only when it runs, so that small commands start fast. */
import { didYouMean } from "../../schema/text/suggest.ts";
import type { AnyCommand } from "./command.ts";
import { commandLine } from "./command-line.ts";
import { exitCodes } from "./run-command.ts";

interface Entry {
  /** A few words for the list of commands. */
  readonly summary: string;
  readonly load: () => Promise<{ readonly command: AnyCommand }>;
}

const commands: Readonly<Record<string, Entry>> = {
  start: {
    summary: "serve and change flags over HTTP",
    load: () => import("../start.ts"),
  },
  init: {
    summary: "write the files of a new repository of flags",
    load: () => import("../init/init.ts"),
  },
  validate: {
    summary: "report every problem in the flag files",
    load: () => import("../validate.ts"),
  },
  format: {
    summary: "write flag files in the canonical layout",
    load: () => import("../format.ts"),
  },
  build: {
    summary: "compile a commit into a directory of responses",
    load: () => import("../build.ts"),
  },
  plan: {
    summary: "show the effects of a change on what consumers receive",
    load: () => import("../plan.ts"),
  },
  evaluate: {
    summary: "evaluate a flag for a caller",
    load: () => import("../evaluate.ts"),
  },
  publish: {
    summary: "publish a commit to S3 or a directory",
    load: () => import("../publish/publish.ts"),
  },
  schedule: {
    summary: "apply the scheduled steps that are due",
    load: () => import("../schedule.ts"),
  },
  types: {
    summary: "write the names and variants of flags as TypeScript types",
    load: () => import("../types.ts"),
  },
  schema: {
    summary: "write JSON Schemas for editors from bunting.yaml",
    load: () => import("../schema.ts"),
  },
  migrate: {
    summary: "bring the repository to the format of this version, or back",
    load: () => import("../migrate.ts"),
  },
  token: {
    summary: "create an API token",
    load: () => import("../token.ts"),
  },
  stale: {
    summary: "report flags that are no longer needed",
    load: () => import("../github/stale.ts"),
  },
  drift: {
    summary: "compare what a CDN serves with a commit",
    load: () => import("../github/drift.ts"),
  },
  comment: {
    summary: "write the plan as a comment on a pull request",
    load: () => import("../github/comment.ts"),
  },
  approval: {
    summary: "check that somebody other than the requester approved a proposal",
    load: () => import("../github/approval.ts"),
  },
  deployment: {
    summary: "report a publication as a GitHub deployment",
    load: () => import("../github/deployment.ts"),
  },
};

export const commandNames = Object.keys(commands);

/** The command of this name, or a message that names the closest one. */
export function findCommand(name: string): Entry | { readonly message: string } {
  const found = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (found) return found;
  const hint = didYouMean(name, commandNames) ?? commandLine("--help");
  return { message: `Cannot run "${name}": there is no such command\n  hint: ${hint}` };
}

/** The text of `bunting --help`. */
export function formatCommandList(): string {
  const lines = Object.entries(commands).map(
    ([name, { summary }]) => `  ${name.padEnd(12)}${summary}`,
  );
  return `Feature flags as reviewed YAML files in git

Usage: ${commandLine("COMMAND")} [options]

${lines.join("\n")}

  --help      show this help, or with a command its options
  --version   show the version

${exitCodes}
`;
}
