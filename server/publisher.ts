import { setTimeout as pause } from "node:timers/promises";
import { type CompiledSnapshot, publish } from "../store/publish/publish.ts";
import type { Target } from "../store/publish/target.ts";
import type { Repository } from "../store/snapshot/repository.ts";

/** How long to wait after a failure, in milliseconds: from, to. */
const backoff = { first: 1_000, last: 60_000 };
const cacheControl = "public, max-age=30, stale-while-revalidate=300, stale-if-error=86400";

/** Publishes what is served, in the background: the newest only, one at a time, again until it succeeds. */
export class BackgroundPublisher {
  readonly #target: Target;
  readonly #repository: Repository;
  #next: CompiledSnapshot | undefined;
  #running: Promise<void> | undefined;
  readonly #stop = new AbortController();
  #status: { time: number; commit: string | undefined; error: string | undefined } = {
    time: 0,
    commit: undefined,
    error: undefined,
  };

  constructor(target: Target, repository: Repository) {
    this.#target = target;
    this.#repository = repository;
  }

  /** When and what was published last, and why not since. */
  get status(): {
    readonly time: number;
    readonly commit: string | undefined;
    readonly error: string | undefined;
  } {
    return this.#status;
  }

  publish(compiled: CompiledSnapshot): void {
    this.#next = compiled;
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
      if (this.#next) this.publish(this.#next);
    });
  }

  /** Waits for a publication that has begun, and begins no other. */
  async close(): Promise<void> {
    this.#next = undefined;
    this.#stop.abort();
    await this.#running;
    this.#target.close();
  }

  async #run(): Promise<void> {
    for (let wait = backoff.first; this.#next; ) {
      const compiled = this.#next;
      this.#next = undefined;
      const error = await this.#attempt(compiled);
      if (error === undefined) wait = backoff.first;
      else {
        this.#status = { ...this.#status, error };
        // Ended early when the server stops.
        await pause(wait, undefined, { signal: this.#stop.signal }).catch(() => {});
        wait = Math.min(backoff.last, wait * 2);
        if (!this.#stop.signal.aborted) this.#next ??= compiled;
      }
    }
  }

  /** Why it failed; nothing when it did not. */
  async #attempt(compiled: CompiledSnapshot): Promise<string | undefined> {
    try {
      const { status, refusals } = await publish(this.#target, this.#repository, compiled, {
        cacheControl,
        maxRemoved: 20,
        maxFlipped: 50,
        // Everything is looked at once; then the manifest is believed, as nobody waits for less.
        thorough: this.#status.time === 0,
        dryRun: false,
        verify: false,
        concurrency: 16,
      });
      if (status === "refused")
        return `Cannot publish to ${this.#target.name}: ${refusals.join("; ")}`;
      this.#status = { time: Date.now(), commit: compiled.release.commit, error: undefined };
      return undefined;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }
}
