/** The workflows of a repository of flags. Each calls one of this program's repository, at one version. */
import { capital } from "../../schema/text/show.ts";

interface Caller {
  readonly on: string;
  readonly permissions: string;
  /** More lines of the job. */
  readonly job?: string;
}

const callers: Readonly<Record<string, Caller>> = {
  validate: { on: "pull_request:\nmerge_group:", permissions: "contents: read" },
  "plan-comment": {
    on: "workflow_run:\n  workflows: [Validate]\n  types: [completed]",
    permissions: "contents: read, pull-requests: write",
  },
  review: {
    on: "pull_request_review:\n  types: [submitted, dismissed]",
    permissions: "contents: read",
  },
  approval: {
    on: "workflow_run:\n  workflows: [Validate, Review]\n  types: [completed]",
    permissions: "contents: read, pull-requests: read, statuses: write",
  },
  publish: {
    on: `push:
  branches: [main]
workflow_dispatch:
  inputs:
    allow:
      description: Why more flags than usual may be removed or changed at once
      type: string
      default: ""`,
    permissions:
      "attestations: write, contents: read, deployments: write, id-token: write, pull-requests: write",
    job: `with:
  allow: \${{ inputs.allow || '' }}
secrets: inherit`,
  },
  rollback: {
    on: `workflow_dispatch:
  inputs:
    commit:
      description: The commit on main to go back to, also as COMMIT^ for the one before
      type: string
      required: true
    reason:
      description: Why, for readers of the history
      type: string
      required: true
    allow:
      description: Also when it removes or changes far more flags than usual
      type: boolean
      default: false`,
    permissions: "contents: read, deployments: write, id-token: write, pull-requests: write",
    job: `with:
  commit: \${{ inputs.commit }}
  reason: \${{ inputs.reason }}
  allow: \${{ inputs.allow }}
secrets: inherit`,
  },
  schedule: {
    on: 'schedule:\n  - cron: "*/15 * * * *"\nworkflow_dispatch:',
    permissions: "contents: write, deployments: write, id-token: write, pull-requests: write",
    job: "secrets: inherit",
  },
  drift: {
    on: 'schedule:\n  - cron: "23 * * * *"\nworkflow_dispatch:',
    permissions: "contents: read, issues: write",
  },
  stale: {
    on: 'schedule:\n  - cron: "41 6 * * 1"\nworkflow_dispatch:',
    permissions: "contents: write, issues: write, pull-requests: write",
    job: "secrets: inherit",
  },
};

/** The workflow files by path. `program` is the repository of this program, `OWNER/NAME`. */
export function formatWorkflows(program: string, version: string): Record<string, string> {
  return Object.fromEntries(
    Object.entries(callers).map(([file, { on, permissions, job = "" }]) => [
      `.github/workflows/${file}.yml`,
      `name: ${capital(file.replaceAll("-", " "))}
on:
${indent(2, on)}permissions: {}

jobs:
  ${file}:
    uses: ${program}/.github/workflows/${file}.yml@v${version}
    permissions:
${indent(6, permissions.replaceAll(", ", "\n"))}${indent(4, job)}`,
    ]),
  );
}

/** The lines of `text`, each with a line feed; nothing for no text. */
function indent(spaces: number, text: string): string {
  return text && `${text.replace(/^/gm, " ".repeat(spaces))}\n`;
}
