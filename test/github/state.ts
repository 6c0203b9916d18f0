/** GitHub's data outside of git, in memory. Tests may read and change it. */

export interface State {
  readonly users: Map<string, Account>;
  /** Issues and pull requests share their numbers. */
  readonly issues: Map<number, Issue>;
  readonly comments: Map<number, Comment>;
  readonly labels: Map<string, Label>;
  readonly deployments: Map<number, Deployment>;
  /** Permissions by login. People who are missing may write. */
  readonly permissions: Map<string, "admin" | "write" | "read" | "none">;
  /** In the order in which they were set. */
  readonly statuses: CommitStatus[];
  /** Pushes to branches, oldest first. */
  readonly pushes: { readonly branch: string; readonly login: string; readonly commit: string }[];
  /** The next id of all objects except issues. */
  nextId: number;
}

/** The account of a token, and its permissions, as `permissions` in a workflow. */
export interface Account {
  readonly login: string;
  /** Whether it is a token of a workflow or of a GitHub App, which cannot request its own login. */
  readonly isInstallation: boolean;
  /** By area: `issues`, `pull_requests`, `contents`, `deployments`. Missing: all permissions. */
  readonly permissions?: Readonly<Record<string, "read" | "write">>;
}

export interface Issue {
  readonly number: number;
  readonly author: string;
  readonly created_at: string;
  title: string;
  body: string;
  state: "open" | "closed";
  state_reason: string | null;
  labels: string[];
  updated_at: string;
  closed_at: string | null;
  /** Present for a pull request. */
  pull?: Pull;
}

export interface Pull {
  /** Owner of the branch's repository: ours, or a fork. */
  readonly owner: string;
  readonly branch: string;
  readonly base: string;
  /** The recorded head. For an open branch of this repository, the branch has the current one. */
  sha: string;
  draft: boolean;
  merged_at: string | null;
  merge_commit_sha: string | null;
  merged_by: string | null;
  /** Oldest first. */
  readonly reviews: Review[];
}

export interface Review {
  readonly id: number;
  readonly login: string;
  readonly commit: string;
  state: "APPROVED" | "CHANGES_REQUESTED" | "COMMENTED" | "DISMISSED";
}

export interface CommitStatus {
  readonly commit: string;
  readonly context: string;
  readonly state: string;
  readonly description: string;
  readonly target_url: string;
}

export interface Comment {
  readonly id: number;
  readonly issue: number;
  readonly author: string;
  readonly created_at: string;
  body: string;
  updated_at: string;
}

export interface Label {
  readonly id: number;
  readonly name: string;
  readonly color: string;
  readonly description: string | null;
}

export interface Deployment {
  readonly id: number;
  readonly sha: string;
  readonly ref: string;
  readonly task: string;
  readonly environment: string;
  readonly description: string | null;
  readonly payload: unknown;
  readonly author: string;
  readonly created_at: string;
  /** Oldest first. */
  readonly statuses: DeploymentStatus[];
}

export interface DeploymentStatus {
  readonly id: number;
  readonly state: string;
  readonly description: string;
  readonly environment_url: string;
  readonly log_url: string;
  readonly author: string;
  readonly created_at: string;
}

export function emptyState(): State {
  return {
    users: new Map(),
    issues: new Map(),
    comments: new Map(),
    labels: new Map(),
    deployments: new Map(),
    permissions: new Map(),
    statuses: [],
    pushes: [],
    nextId: 1_000,
  };
}
