/** The workflows of a repository of flags. Each calls one of this program's repository, at one version. */
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: GitHub's expressions look like it

interface Caller {
  readonly name: string;
  readonly on: string;
  readonly permissions: readonly string[];
  /** Lines of the job. */
  readonly job?: readonly string[];
}

const publishing = [
  ...["contents: read", "deployments: write", "id-token: write", "pull-requests: write"],
];

const callers: Readonly<Record<string, Caller>> = {
  validate: {
    name: "Validate",
    on: "  pull_request:\n  merge_group:",
    permissions: ["contents: read"],
  },
  "plan-comment": {
    name: "Plan comment",
    on: "  workflow_run:\n    workflows: [Validate]\n    types: [completed]",
    permissions: ["contents: read", "pull-requests: write"],
  },
  review: {
    name: "Review",
    on: "  pull_request_review:\n    types: [submitted, dismissed]",
    permissions: ["contents: read"],
  },
  approval: {
    name: "Approval",
    on: "  workflow_run:\n    workflows: [Validate, Review]\n    types: [completed]",
    permissions: ["contents: read", "pull-requests: read", "statuses: write"],
  },
  publish: {
    name: "Publish",
    on: `  push:
    branches: [main]
  workflow_dispatch:
    inputs:
      allow:
        description: Why more flags than usual may be removed or changed at once
        type: string
        default: ""`,
    permissions: ["attestations: write", ...publishing],
    job: ["with:", "  allow: ${{ inputs.allow || '' }}", "secrets: inherit"],
  },
  rollback: {
    name: "Rollback",
    on: `  workflow_dispatch:
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
    permissions: publishing,
    job: [
      ...["with:", "  commit: ${{ inputs.commit }}", "  reason: ${{ inputs.reason }}"],
      ...["  allow: ${{ inputs.allow }}", "secrets: inherit"],
    ],
  },
  schedule: {
    name: "Schedule",
    on: '  schedule:\n    - cron: "*/15 * * * *"\n  workflow_dispatch:',
    permissions: [
      ...["contents: write", "deployments: write", "id-token: write", "pull-requests: write"],
    ],
    job: ["secrets: inherit"],
  },
  drift: {
    name: "Drift",
    on: '  schedule:\n    - cron: "23 * * * *"\n  workflow_dispatch:',
    permissions: ["contents: read", "issues: write"],
  },
  stale: {
    name: "Stale",
    on: '  schedule:\n    - cron: "41 6 * * 1"\n  workflow_dispatch:',
    permissions: ["contents: write", "issues: write", "pull-requests: write"],
    job: ["secrets: inherit"],
  },
};

/** The workflow files by path. `program` is the repository of this program, `OWNER/NAME`. */
export function formatWorkflows(program: string, version: string): Record<string, string> {
  return Object.fromEntries(
    Object.entries(callers).map(([file, { name, on, permissions, job = [] }]) => [
      `.github/workflows/${file}.yml`,
      `name: ${name}
on:
${on}
permissions: {}

jobs:
  ${file}:
    uses: ${program}/.github/workflows/${file}.yml@v${version}
    permissions:
${permissions.map((permission) => `      ${permission}\n`).join("")}${job.map((line) => `    ${line}\n`).join("")}`,
    ]),
  );
}
