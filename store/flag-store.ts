/**
 * The flags of a remote branch, to read and to write. Reads come from the last valid snapshot and
 * never wait. Writes wait in one queue and go to the remote many at a time: each is a commit of
 * its own, one push takes them all.
 */
import { setTimeout as pause } from "node:timers/promises";
import { compile } from "../schema/compile.ts";
import type { Problem } from "../schema/problem.ts";
import type { Release } from "../schema/release.ts";
import type { Snapshot, TimedFlag } from "../schema/snapshot.ts";
import { BatchQueue } from "./batch-queue.ts";
import { createCommits } from "./commits.ts";
import { type FlagChange, type Page, readFlagChanges } from "./flag-changes.ts";
import { Keys } from "./keys.ts";
import { type RemoteBranch, RemoteRewoundError, RemoteUnavailableError } from "./remote-branch.ts";
import { Repository } from "./repository.ts";
import type { Write, WriteResult } from "./write.ts";
import { decideBatch } from "./write-batch.ts";

/** A write could not be done now, and may be sent again: `message` says why, for the client. */
export class WriteUnavailableError extends Error {
  override readonly name = "WriteUnavailableError";
}

/** What is served: a snapshot and its responses. */
export interface Serving {
  readonly snapshot: Snapshot;
  readonly release: Release;
}

/** What keeps a store from being as good as new. */
export interface Condition {
  /** Milliseconds since 1970 of the last time that the remote answered; 0 before the first. */
  readonly synced: number;
  /** Why the remote, or the clone of it, could not be used the last time; missing where it could. */
  readonly unreachable?: string | undefined;
  /** Why nothing is written until a person has looked. */
  readonly stopped?: string | undefined;
  /** What is wrong with the head of the branch; the snapshot served is older then. */
  readonly problems: readonly Problem[];
  /** How many writes wait. */
  readonly queued: number;
}

export type GitListener = (
  operation: "fetch" | "commit" | "push",
  result: "ok" | "failed",
  seconds: number,
) => void;

/** How often the same commits are pushed before the remote is taken at its word. */
const pushes = 4;
/** What stands behind a pause, in milliseconds: between two questions, and after the first push. */
const pauses = { question: 250, push: 250 };
/** How long a lost race is remembered, in milliseconds. */
const memory = 10_000;
const limits = { waiting: 1_000, batch: 256 };

export class FlagStore {
  readonly #branch: RemoteBranch;
  readonly #repository: Repository;
  readonly #patience: number;
  readonly #keys = new Keys();
  readonly #changeListeners: ((serving: Serving) => void)[] = [];
  readonly #gitListeners: GitListener[] = [];
  readonly #conflictListeners: (() => void)[] = [];
  readonly #queue: BatchQueue<Write, WriteResult>;
  #turn: Promise<unknown> = Promise.resolve();
  #nextSync: Promise<void> | undefined;
  /** When a race was lost last. */
  #lost = Number.NEGATIVE_INFINITY;
  #head = "";
  #serving: Serving | undefined;
  #condition: Omit<Condition, "queued"> = { synced: 0, problems: [] };

  /**
   * Opens the store on a clone; fetches, or goes on with what the clone has when the remote is gone.
   * `acceptRemote` takes the branch for what it is now, and throws where that cannot be known.
   * `patience` is how long a write may wait, and how long to try for it, in milliseconds.
   */
  static async open(
    branch: RemoteBranch,
    acceptRemote = false,
    patience = 15_000,
  ): Promise<FlagStore> {
    const store = new FlagStore(branch, await Repository.open(branch.directory), patience);
    const known = branch.accepted;
    if (acceptRemote) branch.forget();
    try {
      await store.#catchUp();
    } catch (error) {
      if (acceptRemote || known === undefined) throw error;
      store.#note(error);
      await store.#adopt(known).catch((reason) => store.#note(reason));
    }
    if (!store.#serving) await store.#serveValid().catch((error) => store.#note(error));
    return store;
  }

  private constructor(branch: RemoteBranch, repository: Repository, patience: number) {
    this.#branch = branch;
    this.#repository = repository;
    this.#patience = patience;
    this.#queue = new BatchQueue({
      work: (writes) => this.#attempt(writes),
      inTurn: (run) => this.#inTurn(run),
      isContended: () => performance.now() - this.#lost < memory,
      limits,
      patience,
      refuse: (why) => new WriteUnavailableError(`Cannot take the change: ${why}`),
    });
  }

  /** Missing as long as no commit of the branch was ever valid. */
  get serving(): Serving | undefined {
    return this.#serving;
  }

  get condition(): Condition {
    return { ...this.#condition, queued: this.#queue.length };
  }

  /** Hears of each new snapshot, once it is served. */
  onChange(listener: (serving: Serving) => void): void {
    this.#changeListeners.push(listener);
  }

  /** Hears how long git takes, for what. */
  onGit(listener: GitListener): void {
    this.#gitListeners.push(listener);
  }

  /** Hears when another commit came first. */
  onConflict(listener: () => void): void {
    this.#conflictListeners.push(listener);
  }

  /**
   * Looks for commits that others made. Never throws: `condition` says how it went. Those who call
   * before it has begun share one look.
   */
  sync(): Promise<void> {
    this.#nextSync ??= this.#inTurn(async () => {
      this.#nextSync = undefined;
      await this.#catchUp().catch((error) => this.#note(error));
    });
    return this.#nextSync;
  }

  /**
   * Does a write, and returns once its commit is on the remote or it is clear that there will be
   * none. Throws `WriteUnavailableError`.
   */
  write(write: Write): Promise<WriteResult> {
    return this.#queue.add(write);
  }

  /** The flag as it was at a commit; nothing where it was not there. */
  async flagAt(commit: string, name: string): Promise<TimedFlag | undefined> {
    const { snapshot } = await this.#repository.read(commit, "");
    return snapshot?.flags.find((flag) => flag.name === name);
  }

  /** The changes of a flag as an environment saw them, the newest first. */
  async changesOf(name: string, environment: string, page: Page): Promise<FlagChange[]> {
    if (this.#head === "") return [];
    return readFlagChanges(this.#branch.directory, this.#head, name, environment, page);
  }

  /** Takes no more writes, and waits for what was begun. */
  async close(): Promise<void> {
    await this.#queue.close();
    await this.#turn;
  }

  /** One thing at a time reaches for the clone. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => {});
    return result;
  }

  async #attempt(writes: readonly Write[]): Promise<readonly WriteResult[]> {
    try {
      return await this.#settle(writes);
    } catch (error) {
      this.#note(error);
      throw asUnavailable(error);
    }
  }

  /** Decides the writes on the newest state, again and again until the remote takes them. */
  async #settle(writes: readonly Write[]): Promise<readonly WriteResult[]> {
    const deadline = Date.now() + this.#patience;
    const { directory } = this.#branch;
    for (let isFresh = false; ; isFresh = true) {
      const { snapshot } = this.#writable();
      const { commits, results } = await this.#onClone(() =>
        decideBatch(directory, snapshot, this.#keys, writes),
      );
      if (commits.length === 0) {
        if (isFresh) return results([]);
        await this.#refresh(results([]));
        continue;
      }
      if (this.#condition.unreachable !== undefined) {
        // It was gone a moment ago: nothing is worth beginning before it is back.
        await this.#catchUp();
        continue;
      }
      const ids = await this.#onClone(() =>
        this.#timed("commit", () => createCommits(directory, snapshot.commit, commits)),
      );
      if (await this.#land(ids.at(-1) ?? "", snapshot.commit, deadline)) return results(ids);
      this.#lost = performance.now();
      tell(this.#conflictListeners);
      if (Date.now() > deadline)
        throw new WriteUnavailableError("Cannot write: other commits came first each time");
    }
  }

  #writable(): Serving {
    const { stopped, problems } = this.#condition;
    if (stopped !== undefined) throw new WriteUnavailableError(stopped);
    if (this.#serving && problems.length === 0) return this.#serving;
    const [first] = problems;
    const where = first
      ? `${first.file}:${first.line}:${first.column}: ${first.message}`
      : "it is empty";
    throw new WriteUnavailableError(`Cannot write: the head of the branch is not valid (${where})`);
  }

  /** Fetches, so that results for which nothing was committed rest on what the remote has now. */
  async #refresh(results: readonly WriteResult[]): Promise<void> {
    await this.#catchUp().catch((error) => {
      // A refusal may rest on what was known last. That all is as wanted may not.
      const isGranted = results.some(({ status }) => status === "unchanged");
      if (isGranted || !(error instanceof RemoteUnavailableError)) throw error;
    });
  }

  /**
   * Brings commits to the remote. False where others came first; theirs are served then. Throws where
   * the remote takes neither, or does not say: nothing that landed is ever taken for failed.
   */
  async #land(commit: string, parent: string, deadline: number): Promise<boolean> {
    for (let push = 1; ; push++) {
      const failure = await this.#push(commit, parent);
      const head = failure ? await this.#lookFor(deadline, failure) : commit;
      if (head !== parent) return this.#receive(head, commit);
      // Refused, or lost on the way. The same commits again: however many arrive, they are there once.
      if (push === pushes || Date.now() > deadline) {
        const message = "Cannot write: the remote did not take the commit";
        throw new WriteUnavailableError(message, { cause: failure });
      }
      await pause(pauses.push * 2 ** (push - 1));
    }
  }

  /** Whether `commit` is in `head`, which the remote is known to hold. Serves `head`. */
  async #receive(head: string, commit: string): Promise<boolean> {
    if (head === commit) await this.#branch.accept(commit);
    else if (!(await this.#onClone(() => this.#branch.contains(head, commit)))) {
      await this.#adopt(head);
      return false;
    }
    // From here on the writes are done, whatever becomes of their commits here.
    await this.#adopt(head).catch((error) => this.#note(error));
    return true;
  }

  /** Why a push failed; nothing when it did not. */
  async #push(commit: string, parent: string): Promise<Error | undefined> {
    try {
      await this.#timed("push", () => this.#branch.push(commit, parent));
      return undefined;
    } catch (error) {
      return error as Error;
    }
  }

  /** A push failed, or its answer was lost. Which, the branch itself must say: its head. */
  async #lookFor(deadline: number, cause: Error): Promise<string> {
    for (;;) {
      try {
        return await this.#fetch();
      } catch (error) {
        if (error instanceof RemoteRewoundError) throw error;
        if (Date.now() > deadline) {
          const message = "Cannot tell whether the change was made: the remote does not answer";
          throw new WriteUnavailableError(message, { cause });
        }
      }
      await pause(pauses.question);
    }
  }

  async #timed<T>(operation: Parameters<GitListener>[0], work: () => Promise<T>): Promise<T> {
    const started = performance.now();
    let result: Parameters<GitListener>[1] = "failed";
    try {
      const value = await work();
      result = "ok";
      return value;
    } finally {
      tell(this.#gitListeners, operation, result, (performance.now() - started) / 1_000);
    }
  }

  async #catchUp(): Promise<void> {
    const head = await this.#fetch();
    if (head !== this.#head) await this.#adopt(head);
  }

  async #fetch(): Promise<string> {
    try {
      const head = await this.#timed("fetch", () => this.#branch.fetch());
      this.#condition = { synced: Date.now(), problems: this.#condition.problems };
      return head;
    } catch (error) {
      this.#note(error);
      throw error;
    }
  }

  /** Keeps what went wrong for whoever asks for the condition. */
  #note(error: unknown): void {
    if (error instanceof WriteUnavailableError) return;
    const { synced, stopped, problems } = this.#condition;
    const { message } = error as Error;
    this.#condition =
      error instanceof RemoteRewoundError
        ? { synced: Date.now(), stopped: message, problems }
        : { synced, unreachable: message, stopped, problems };
  }

  /** Does what takes nothing but the clone. Where that fails the clone is mended, and it is done once more. */
  async #onClone<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch {
      await this.#branch.mend();
      return work();
    }
  }

  /** Serves a commit, if it is valid; else goes on with what was served before. */
  async #adopt(commit: string): Promise<void> {
    const { snapshot, problems } = await this.#onClone(() => this.#repository.read(commit, ""));
    await this.#onClone(() =>
      this.#keys.read(this.#branch.directory, commit, this.#head || undefined),
    );
    const serving = snapshot && { snapshot, release: compile(snapshot) };
    this.#head = commit;
    const errors = problems.filter(({ severity }) => severity === "error");
    this.#condition = { ...this.#condition, problems: errors };
    if (!serving) return;
    this.#serve(serving);
    await this.#branch.remember(commit);
  }

  /** Serves what was valid last. */
  async #serveValid(): Promise<void> {
    const { valid } = this.#branch;
    if (valid === undefined) return;
    const { snapshot } = await this.#repository.read(valid, "");
    if (snapshot) this.#serve({ snapshot, release: compile(snapshot) });
  }

  #serve(serving: Serving): void {
    this.#serving = serving;
    tell(this.#changeListeners, serving);
  }
}

/** A listener's failure is its own: what it hears of has happened. */
function tell<T extends readonly unknown[]>(
  listeners: readonly ((...event: T) => void)[],
  ...event: T
): void {
  for (const listener of listeners) {
    try {
      listener(...event);
    } catch (error) {
      process.emitWarning(error as Error);
    }
  }
}

/** What a client may know. The rest is in the store's `condition`. */
function asUnavailable(error: unknown): WriteUnavailableError {
  if (error instanceof WriteUnavailableError) return error;
  const { message } = error as Error;
  if (error instanceof RemoteRewoundError) return new WriteUnavailableError(message);
  const who =
    error instanceof RemoteUnavailableError
      ? "remote does not answer"
      : "clone of the flags cannot be used";
  return new WriteUnavailableError(`Cannot write: the ${who}`, { cause: error });
}
