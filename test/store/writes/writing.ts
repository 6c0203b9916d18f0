/** A bare remote with flags, a person who commits to it, and stores on it. */
import { existsSync } from "node:fs";
import path from "node:path";
import { expect } from "vitest";
import type { Change } from "../../../schema/change/change.ts";
import type { CommitKeys } from "../../../schema/change/commit-signature.ts";
import { RemoteBranch } from "../../../store/remote/remote-branch.ts";
import type { Signer } from "../../../store/remote/signer.ts";
import { Repository } from "../../../store/snapshot/repository.ts";
import { FlagStore } from "../../../store/writes/flag-store.ts";
import type { Write } from "../../../store/writes/write.ts";
import {
  type BareRepository,
  bareRepository,
  type Files,
  type RunOptions,
  TestRepository,
  temporaryDirectory,
} from "../../git/repository.ts";
import { cleanUpAfterFile } from "../../setup/test-file.ts";

export type { Files };

/** The time of the first commit of every remote, in seconds since 1970. */
export const begun = 1_700_000_000;

export const mealPlanning = "flags/nutrition/meal_planning.yaml";
export const dailyTips = "flags/growth/daily_tips.yaml";

const standard: Files = {
  [mealPlanning]: `# Ask in #nutrition first
description: Enable meal planning features
enabled: true # since May
environments:
  staging:
    enabled: false
`,
  [dailyTips]: "description: Show a tip a day\nenabled: false\n",
  "README.md": "Flags\n",
};

export interface Remote {
  readonly bare: BareRepository;
  readonly human: Person;
}

/** A remote whose branch `main` holds two flags, or `files`. */
export function flagRemote(files: Files = standard): Remote {
  const bare = bareRepository();
  bare.change(begun, files);
  return { bare, human: new Person(bare) };
}

/** A person with a clone, which is made at its first use. */
export class Person extends TestRepository {
  readonly #remote: BareRepository;
  #time = begun;
  /** Whether the clone exists and has the head that the remote had after the last `publish()` or `pull()`. */
  #isCurrent = false;

  constructor(remote: BareRepository) {
    super(temporaryDirectory());
    this.#remote = remote;
  }

  /** Commits files on top of the remote's head. Returns the commit's id. */
  publish(files: Files, time = ++this.#time): string {
    this.#isCurrent = false;
    return this.#remote.change(time, files);
  }

  pull(): void {
    this.#isCurrent = false;
    this.#update();
  }

  override write(files: Files): void {
    this.#update();
    super.write(files);
  }

  override run(args: readonly string[], options?: RunOptions): string {
    this.#update();
    return super.run(args, options);
  }

  #update(): void {
    if (this.#isCurrent) return;
    this.#isCurrent = true;
    if (!existsSync(path.join(this.directory, ".git"))) {
      this.git("clone", "--quiet", `file://${this.#remote.directory}`, ".");
      return;
    }
    this.git("fetch", "--quiet", "origin", "main");
    this.git("reset", "--quiet", "--hard", "FETCH_HEAD");
  }

  /** Forces the remote's branch to `commit`. */
  force(commit: string): void {
    this.git("push", "--quiet", "--force", "origin", `${commit}:refs/heads/main`);
  }
}

export interface StoreOptions {
  /** The directory of the clone. */
  readonly directory?: string;
  readonly acceptRemote?: boolean;
  /** Timeout of one fetch or push. */
  readonly timeoutMs?: number;
  /** Timeout of a write. */
  readonly writeTimeoutMs?: number;
  readonly signer?: Signer;
  readonly commitKeys?: CommitKeys;
}

/** The keys with which all servers in tests sign commits. */
export const testCommitKeys: CommitKeys = ["k".repeat(64)];

/** A store on `remote`, a bare repository or a URL, closed after the file's last test. */
export async function openStore(
  remote: TestRepository | string,
  options: StoreOptions = {},
): Promise<FlagStore & { readonly directory: string }> {
  const { directory = newClone(), acceptRemote = false, timeoutMs, signer } = options;
  const { commitKeys = testCommitKeys, writeTimeoutMs } = options;
  const url = typeof remote === "string" ? remote : remote.directory;
  const branch = await RemoteBranch.open(directory, url, "main", timeoutMs, acceptRemote);
  const store = await FlagStore.open(branch, {
    ...{ acceptRemote, commitKeys, signer },
    timeoutMs: writeTimeoutMs,
  });
  cleanUpAfterFile(() => store.close());
  return Object.assign(store, { directory });
}

/** A path for a new clone. */
export function newClone(): string {
  return path.join(temporaryDirectory(), "data", "clone.git");
}

export const ada = { id: "ada", name: "Ada", email: "ada@example.com" } as const;

let requests = 0;

export function write(change: Change, options: Partial<Write> = {}): Write {
  requests += 1;
  const requestId = `request-${requests}`;
  return { change, actor: ada, reason: "", requestId, isExpected: () => true, ...options };
}

export function turn(name: string, enabled: boolean, environment = "application"): Change {
  return { kind: "update", name, environment, enabled };
}

export function describe(name: string, description: string): Change {
  return { kind: "update", name, environment: "application", description };
}

export function create(name: string, enabled = false, description = ""): Change {
  return { kind: "create", name, enabled, description };
}

export function remove(name: string): Change {
  return { kind: "delete", name };
}

/** The request of a key. */
export function idempotency(seed: number, fingerprint = "f".repeat(64)) {
  return { key: seed.toString(16).padStart(64, "0"), fingerprint };
}

export function headOf(repository: TestRepository): string {
  return repository.git("rev-parse", "refs/heads/main");
}

/** The subjects of the commits since the first, the oldest first. */
export function subjectsOf(bare: TestRepository): string[] {
  return bare.git("log", "--reverse", "--format=%s", "main").split("\n").slice(1);
}

/** The request ids of the branch's commits, the oldest first. */
export function requestsOf(bare: TestRepository): string[] {
  const format = "--format=%(trailers:key=Request-Id,valueonly,separator=%x2C)";
  const lines = bare.git("log", "--reverse", "--first-parent", format, "main").split("\n");
  return lines.filter((line) => line !== "");
}

/** The flags on the remote, read from a new clone. */
export async function flagsOf(bare: TestRepository) {
  const repository = await Repository.open(bare.clone("--bare").directory);
  const { snapshot, problems } = await repository.read(await repository.resolve("main"), "");
  expect(problems.filter(({ severity }) => severity === "error")).toEqual([]);
  return snapshot?.flags ?? [];
}

/** Whether each commit of the branch has one parent and times that do not go backwards, and git finds no fault. */
export function expectSound(...repositories: readonly { readonly directory: string }[]): void {
  for (const { directory } of repositories) {
    const repository = new TestRepository(directory);
    expect(repository.run(["fsck", "--strict", "--no-dangling", "--no-progress"])).toBe("");
  }
}

/** Waits until a condition is true. Fails after a timeout. */
export function eventually(check: () => unknown, wanted: unknown = true): Promise<void> {
  return expect.poll(check, { timeout: 30_000, interval: 20 }).toEqual(wanted);
}
