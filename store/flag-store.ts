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
  /** Why the remote could not be reached the last time; missing where it could. */
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

interface Waiting {
  readonly write: Write;
  readonly resolve: (result: WriteResult) => void;
  readonly reject: (error: Error) => void;
}

const attempts = 5;
const maximumQueue = 1_000;
const maximumBatch = 256;
/** How long to look for a commit whose push was not answered, in milliseconds. */
const patience = 15_000;

export class FlagStore {
  readonly #branch: RemoteBranch;
  readonly #repository: Repository;
  readonly #keys = new Keys();
  readonly #changeListeners: ((serving: Serving) => void)[] = [];
  readonly #gitListeners: GitListener[] = [];
  readonly #conflictListeners: (() => void)[] = [];
  readonly #waiting: Waiting[] = [];
  #isDraining = false;
  #turn: Promise<unknown> = Promise.resolve();
  #head = "";
  #serving: Serving | undefined;
  #condition: Omit<Condition, "queued"> = { synced: 0, problems: [] };

  /** Opens the store on a clone; fetches, or goes on with what the clone has when the remote is gone. */
  static async open(branch: RemoteBranch, acceptRemote = false): Promise<FlagStore> {
    const store = new FlagStore(branch, await Repository.open(branch.directory));
    const accepted = await branch.accepted();
    const head = await store.#fetch(acceptRemote).catch((error) => {
      if (accepted === undefined) throw error;
      return accepted;
    });
    await store.#adopt(head);
    if (!store.#serving) await store.#serveLastValid();
    return store;
  }

  private constructor(branch: RemoteBranch, repository: Repository) {
    this.#branch = branch;
    this.#repository = repository;
  }

  /** Missing as long as no commit of the branch was ever valid. */
  get serving(): Serving | undefined {
    return this.#serving;
  }

  get condition(): Condition {
    return { ...this.#condition, queued: this.#waiting.length };
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

  /** Looks for commits that others made. Never throws: `condition` says how it went. */
  sync(): Promise<void> {
    return this.#inTurn(async () => {
      const head = await this.#fetch(false).catch(() => undefined);
      if (head !== undefined && head !== this.#head) await this.#adopt(head);
    });
  }

  /**
   * Does a write, and returns once its commit is on the remote or it is clear that there will be
   * none. Throws `WriteUnavailableError`.
   */
  write(write: Write): Promise<WriteResult> {
    if (this.#waiting.length >= maximumQueue) {
      throw new WriteUnavailableError(
        `Cannot take the change: ${maximumQueue} are waiting already`,
      );
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ write, resolve, reject });
      if (this.#isDraining) return;
      this.#isDraining = true;
      this.#inTurn(() => this.#drain()).catch(() => {});
    });
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

  /** Waits for what was begun. */
  async close(): Promise<void> {
    await this.#turn.catch(() => {});
  }

  /** One thing at a time reaches for the clone. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => {});
    return result;
  }

  async #drain(): Promise<void> {
    try {
      while (this.#waiting.length > 0) {
        const batch = this.#waiting.splice(0, maximumBatch);
        try {
          const results = await this.#settle(batch.map(({ write }) => write));
          for (const [index, { resolve }] of batch.entries())
            resolve(results[index] as WriteResult);
        } catch (error) {
          for (const { reject } of batch) reject(error as Error);
        }
      }
    } finally {
      this.#isDraining = false;
    }
  }

  /** Decides the writes on the newest state, again and again until the remote takes them. */
  async #settle(writes: readonly Write[]): Promise<readonly WriteResult[]> {
    for (let attempt = 1; attempt <= attempts; attempt++) {
      const { snapshot } = this.#writable();
      const { commits, results } = await decideBatch(
        this.#branch.directory,
        snapshot,
        this.#keys,
        writes,
      );
      if (commits.length === 0) {
        if (await this.#isNewest()) return results([]);
        continue;
      }
      const ids = await this.#timed("commit", () =>
        createCommits(this.#branch.directory, this.#head, commits),
      );
      if (await this.#land(ids.at(-1) ?? "")) return results(ids);
      for (const listener of this.#conflictListeners) listener();
    }
    throw new WriteUnavailableError(`Cannot write: other commits came first ${attempts} times`);
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

  /** Whether nobody else has committed; true as well when the remote cannot be asked. */
  async #isNewest(): Promise<boolean> {
    const head = await this.#fetch(false).catch(() => this.#head);
    if (head === this.#head) return true;
    await this.#adopt(head);
    return false;
  }

  /** Brings commits to the remote. False where others came first: the branch is at a newer commit then. */
  async #land(commit: string): Promise<boolean> {
    try {
      await this.#timed("push", () => this.#branch.push(commit));
      await this.#branch.accept(commit);
      await this.#adopt(commit);
      return true;
    } catch (error) {
      if (!(error instanceof RemoteUnavailableError)) throw error;
      return this.#lookFor(commit, error);
    }
  }

  /** A push failed, or its answer was lost. Which, the branch itself must say. */
  async #lookFor(commit: string, cause: Error): Promise<boolean> {
    const deadline = Date.now() + patience;
    for (;;) {
      const head = await this.#fetch(false).catch((error) => {
        if (error instanceof RemoteRewoundError) throw new WriteUnavailableError(error.message);
        return undefined;
      });
      if (head !== undefined) {
        const hasLanded = await this.#branch.contains(head, commit);
        const hasMoved = head !== this.#head;
        if (hasMoved) await this.#adopt(head);
        if (hasLanded) return true;
        if (hasMoved) return false;
        throw new WriteUnavailableError(`Cannot write: the remote refused the commit`, { cause });
      }
      if (Date.now() > deadline) {
        const message = "Cannot tell whether the change was made: the remote does not answer";
        throw new WriteUnavailableError(message, { cause });
      }
      await pause(250);
    }
  }

  async #timed<T>(operation: Parameters<GitListener>[0], work: () => Promise<T>): Promise<T> {
    const started = performance.now();
    const tell = (result: "ok" | "failed") => {
      const seconds = (performance.now() - started) / 1_000;
      for (const listener of this.#gitListeners) listener(operation, result, seconds);
    };
    try {
      const value = await work();
      tell("ok");
      return value;
    } catch (error) {
      tell("failed");
      throw error;
    }
  }

  async #fetch(acceptAny: boolean): Promise<string> {
    try {
      const head = await this.#timed("fetch", () => this.#branch.fetch(acceptAny));
      const { problems } = this.#condition;
      this.#condition = { synced: Date.now(), problems };
      return head;
    } catch (error) {
      const { message } = error as Error;
      const what =
        error instanceof RemoteRewoundError ? { stopped: message } : { unreachable: message };
      this.#condition = { ...this.#condition, ...what };
      throw error;
    }
  }

  /** Serves a commit, if it is valid; else goes on with what was served before. */
  async #adopt(commit: string): Promise<void> {
    const { snapshot, problems } = await this.#repository.read(commit, "");
    await this.#keys.read(this.#branch.directory, commit, this.#head || undefined);
    this.#head = commit;
    const errors = problems.filter(({ severity }) => severity === "error");
    this.#condition = { ...this.#condition, problems: errors };
    if (!snapshot) return;
    await this.#branch.remember(commit);
    this.#serve(snapshot);
  }

  async #serveLastValid(): Promise<void> {
    const commit = await this.#branch.remembered();
    if (commit === undefined) return;
    const { snapshot } = await this.#repository.read(commit, "");
    if (snapshot) this.#serve(snapshot);
  }

  #serve(snapshot: Snapshot): void {
    this.#serving = { snapshot, release: compile(snapshot) };
    for (const listener of this.#changeListeners) listener(this.#serving);
  }
}
