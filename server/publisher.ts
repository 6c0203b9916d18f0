import { setTimeout as pause } from "node:timers/promises";
import { publishedCacheControl } from "../schema/compile/outputs.ts";
import { pathOf } from "../schema/compile/urls.ts";
import { findExceededLimits } from "../schema/plan/limits.ts";
import { diffEnvironment } from "../schema/plan/publication.ts";
import { rootEnvironment } from "../schema/project/project.ts";
import { listSome } from "../schema/text/show.ts";
import { type PublishOutcome, publish } from "../store/publish/publish.ts";
import type { CompiledSnapshot } from "../store/snapshot/compiled-snapshot.ts";
import type { Repository } from "../store/snapshot/repository.ts";
import type { Target } from "../store/target/target.ts";

/** Pause after a failure: the first one, and the maximum. */
const backoffMs = { first: 1_000, last: 60_000 };

export interface PublisherStatus {
  /** Time of the last publication, in milliseconds since 1970; 0 before the first. */
  readonly time: number;
  readonly commit: string | undefined;
  /** Why later releases were not published. */
  readonly error: string | undefined;
  /** Which changes are not published, and why. */
  readonly waiting: string | undefined;
}

/** Publishes the current release in the background: the newest only, one at a time, until it succeeds. */
export class BackgroundPublisher {
  readonly #target: Target;
  readonly #repository: Repository;
  readonly #stop = new AbortController();
  #wake = new AbortController();
  #current: CompiledSnapshot | undefined;
  #next: CompiledSnapshot | undefined;
  #running: Promise<void> | undefined;
  /** The reason to publish changes over a limit, until they are published. */
  #allow: string | undefined;
  #last: PublishOutcome | undefined;
  #status: PublisherStatus = { time: 0, commit: undefined, error: undefined, waiting: undefined };

  constructor(target: Target, repository: Repository) {
    this.#target = target;
    this.#repository = repository;
  }

  get status(): PublisherStatus {
    return this.#status;
  }

  publish(compiled: CompiledSnapshot): void {
    this.#current = compiled;
    this.#next = compiled;
    this.#wake.abort();
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
      if (this.#next && !this.#stop.signal.aborted) this.publish(this.#next);
    });
  }

  /** Publishes all changes of the current release, including those that wait because of a limit. */
  allow(reason: string): void {
    this.#allow = reason;
    if (this.#current) this.publish(this.#current);
  }

  /** Why the change of a flag waits for a permission; `undefined` if it is published without one. */
  whyWaiting({ release, snapshot }: CompiledSnapshot, flag: string): string | undefined {
    if (!this.#last || this.#allow !== undefined) return undefined;
    const published = this.#last.compiled.release;
    const root = rootEnvironment(published);
    const list = published.responses.find(({ path }) => path === pathOf(published, root));
    const size = snapshot.flags.length;
    const changes = { ...diffEnvironment(root, release, list?.body), size };
    const exceeded = findExceededLimits(changes, snapshot.project.limits, this.#last.waiting);
    return exceeded.find(({ flags }) => flags.includes(flag))?.reason;
  }

  /** Waits for the current publication, and starts no other. */
  async close(): Promise<void> {
    this.#next = undefined;
    this.#stop.abort();
    await this.#running;
    this.#target.close();
  }

  async #run(): Promise<void> {
    for (let waitMs = backoffMs.first; this.#next; ) {
      const compiled = this.#next;
      this.#next = undefined;
      await this.#attempt(compiled);
      const { error, waiting } = this.#status;
      const hasFailed = error !== undefined;
      if (!hasFailed) waitMs = backoffMs.first;
      if (!hasFailed && waiting === undefined) continue;
      // Somebody may allow waiting changes with the publish command, so they are checked again, too.
      await this.#pause(hasFailed ? waitMs : backoffMs.last);
      if (hasFailed) waitMs = Math.min(backoffMs.last, waitMs * 2);
      if (this.#stop.signal.aborted) return;
      this.#next ??= compiled;
    }
  }

  /** Ends early if there is something new to publish, or the server stops. */
  async #pause(ms: number): Promise<void> {
    if (this.#next) return;
    this.#wake = new AbortController();
    const signal = AbortSignal.any([this.#stop.signal, this.#wake.signal]);
    await pause(ms, undefined, { signal }).catch(() => {});
  }

  /** Never throws: the status says why it failed. */
  async #attempt(compiled: CompiledSnapshot): Promise<void> {
    const allow = this.#allow;
    try {
      const outcome = await publish(this.#target, this.#repository, compiled, {
        cacheControl: publishedCacheControl,
        allow,
        // All objects are listed once; later the manifest is trusted, which is faster.
        thorough: this.#status.time === 0,
        dryRun: false,
        verify: false,
        concurrency: 16,
      });
      const { status, refusals } = outcome;
      if (status === "refused")
        throw new Error(`Cannot publish to ${this.#target.name}: ${refusals.join("; ")}`);
      this.#last = outcome;
      if (this.#allow === allow) this.#allow = undefined;
      const { commit } = compiled.release;
      const waiting = this.#describeWaiting(outcome);
      this.#status = { time: Date.now(), commit, error: undefined, waiting };
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      this.#status = { ...this.#status, error: message };
    }
  }

  #describeWaiting({ waiting, reasons }: PublishOutcome): string | undefined {
    if (waiting.length === 0) return undefined;
    const names = [...new Set(waiting.map(({ flag }) => flag))];
    return `Not published to ${this.#target.name}: ${listSome(names, 5)}: ${reasons.join(", and ")}; to publish them, send Publish-Allow: REASON with a write`;
  }
}
