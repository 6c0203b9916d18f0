/** Flags on a GitHub: a repository with a branch `main`, hosted, and what a workflow run there has. */
import { writeFileSync } from "node:fs";
import path from "node:path";
import {
  type Files,
  type TestRepository,
  temporaryDirectory,
  testRepository,
} from "../git/repository.ts";
import { type FakeGitHub, type GitHubOptions, startGitHub } from "./fake.ts";

export interface Hosted {
  /** A clone with a work tree. */
  readonly clone: TestRepository;
  readonly github: FakeGitHub;
  /** Pushes the clone's branches to where they are hosted. */
  push(): void;
}

export async function hostFlags(files: Files, options: GitHubOptions = {}): Promise<Hosted> {
  const clone = testRepository();
  clone.change(1_725_105_600, files);
  const bare = clone.clone("--bare");
  const github = await startGitHub(bare, options);
  const push = () => void clone.git("push", "--quiet", "--all", `file://${bare.directory}`);
  return { clone, github, push };
}

/** Puts a file into a directory of its own, and returns its path. */
export function temporaryFile(name: string, text: string | Uint8Array): string {
  const file = path.join(temporaryDirectory(), name);
  writeFileSync(file, text);
  return file;
}

/** What GitHub writes for a workflow that begins when another has looked at a pull request. */
export function workflowRun(
  head: { commit: string; branch: string; owner?: string },
  conclusion = "success",
) {
  const { commit, branch, owner = "mealtrack" } = head;
  const run = {
    ...{ id: 42, event: "pull_request", conclusion, head_sha: commit, head_branch: branch },
    html_url: "https://github.example/mealtrack/flags/actions/runs/42",
    head_repository: { full_name: `${owner}/flags`, owner: { login: owner } },
    // Empty for forks: nobody may rely on it.
    pull_requests: [],
  };
  const event = { action: "completed", workflow_run: run };
  return { GITHUB_EVENT_PATH: temporaryFile("event.json", JSON.stringify(event)) };
}
