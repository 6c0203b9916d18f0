/** The files of a new repository of flags. */
import { type AudienceEntry, editorSchemas } from "../../schema/flag/editor-schema.ts";
import { nameStyles } from "../../schema/project/name-pattern.ts";
import { normalizeProject, type Project } from "../../schema/project/project.ts";
import type { Choices } from "./choices.ts";
import { formatWorkflows } from "./workflows.ts";

interface Program {
  /** `OWNER/NAME` of its repository on GitHub. */
  readonly repository: string;
  readonly version: string;
}

/**
 * Texts by path from the top of the repository. A repository that has a project already gets no first
 * flag, and schemas for its own project.
 */
export function formatFiles(
  choices: Choices,
  program: Program,
  existing?: { readonly project: Project; readonly audiences: readonly AudienceEntry[] },
): Record<string, string> {
  const project = existing?.project ?? normalizeProject({ environments: choices.environments }, "");
  const flag = `flags/example/${choices.naming === "snake_case" ? "welcome_banner" : "welcome-banner"}.yaml`;
  return {
    "bunting.yaml": formatProject(choices),
    ...(existing ? {} : { [flag]: formatFlag(choices) }),
    ...Object.fromEntries(editorSchemas(project, existing?.audiences ?? [])),
    ".github/CODEOWNERS": formatOwners(choices),
    ".github/dependabot.yml": dependabot,
    ...formatWorkflows(program.repository, program.version),
    ".vscode/extensions.json": `${JSON.stringify({ recommendations: ["redhat.vscode-yaml"] }, null, 2)}\n`,
    ".vscode/settings.json": `${JSON.stringify(editorSettings, null, 2)}\n`,
    [ignoreFile]: "/.data/\n/dist/\n/node_modules/\n",
    ...(choices.hook ? { [hookFile]: formatHook(program) } : {}),
  };
}

export const ignoreFile = ".gitignore";
export const hookFile = ".githooks/pre-commit";

function formatProject({ environments, naming }: Choices): string {
  const list = (names: readonly string[]) => names.map((name) => `  - ${name}\n`).join("");
  return `# yaml-language-server: $schema=./schema/bunting.schema.json
format: 4
# The first is served at the root of the URLs: /v1/feature-flags/.
environments:
${list(environments)}# The path of a change.
order:
${list([...environments].reverse())}# A change through the API becomes a pull request in these.
protected: []
names:
  pattern: ${JSON.stringify(nameStyles[naming].pattern)}
`;
}

/** Off, but on in the environment that a change reaches first. */
function formatFlag({ environments }: Choices): string {
  const [, ...others] = environments;
  const first = others.at(-1);
  const block = first === undefined ? "" : `environments:\n  ${first}:\n    enabled: true\n`;
  return `# yaml-language-server: $schema=../../schema/flag.schema.json
description: Show a banner that welcomes new customers
enabled: false
owner: example
${block}`;
}

function formatOwners({ owner }: Choices): string {
  const lines = ["*", "/flags/example/"].map((pattern) => `${pattern.padEnd(18)}${owner}`);
  const shown = owner === "" ? lines.map((line) => `# ${line}@ORGANISATION/TEAM`) : lines;
  return `# Who reviews what; the last line that matches decides. Each folder of flags/ is a team's.
${shown.join("\n")}
`;
}

const dependabot = `version: 2
updates:
  - package-ecosystem: github-actions
    directory: /
    schedule:
      interval: weekly
    groups:
      actions:
        patterns: ["*"]
`;

const flagFiles = ["flags/**/*.yaml", "!flags/audiences/*.yaml", "!flags/tests/*.yaml"];
const editorSettings = {
  "yaml.schemas": {
    "./schema/flag.schema.json": flagFiles,
    "./schema/audience.schema.json": "flags/audiences/*.yaml",
    "./schema/tests.schema.json": "flags/tests/*.yaml",
    "./schema/bunting.schema.json": "bunting.yaml",
  },
  "files.eol": "\n",
  "files.insertFinalNewline": true,
};

/** npx finds an installed program without the network; it would search for a missing one for a minute. */
function formatHook({ version }: Program): string {
  return `#!/bin/sh
# Checks flags before each commit. To use it: git config core.hooksPath .githooks
if [ ! -e node_modules/.bin/bunting ]; then
  echo "Cannot check flags: bunting is not in node_modules; run: npm install --save-dev bunting@${version}" >&2
  exit 1
fi
npx --no-install bunting format --check && npx --no-install bunting validate
`;
}
