/** A repository of flags with a branch `main` on a fake GitHub, with the variables of a workflow run. */
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
  /** Pushes the clone's branches to the fake GitHub. */
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

/** Writes a file into a new directory, and returns its path. */
export function temporaryFile(name: string, text: string | Uint8Array): string {
  const file = path.join(temporaryDirectory(), name);
  writeFileSync(file, text);
  return file;
}

/** GitHub's event for a workflow that starts when another workflow of a pull request has ended. */
export function workflowRun(
  head: { commit: string; branch: string; owner?: string },
  conclusion = "success",
) {
  const { commit, branch, owner = "mealtrack" } = head;
  const run = {
    ...{ id: 42, event: "pull_request", conclusion, head_sha: commit, head_branch: branch },
    html_url: "https://github.example/mealtrack/flags/actions/runs/42",
    head_repository: { full_name: `${owner}/flags`, owner: { login: owner } },
    // It is empty for forks, so commands must not use it.
    pull_requests: [],
  };
  const event = { action: "completed", workflow_run: run };
  return { GITHUB_EVENT_PATH: temporaryFile("event.json", JSON.stringify(event)) };
}
