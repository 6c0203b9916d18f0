import { setTimeout as pause } from "node:timers/promises";
import type { Evaluations } from "./evaluations.ts";

/** Maximum time that a request waits for a newer commit. */
const maxWaitMs = 2_000;
/** Minimum time between two fetches, because requests can have a version that no server has. */
const minIntervalMs = 1_000;

/**
 * Fetches the branch if a provider names a version that this server does not serve yet, from an event of
 * another server. Without this, the provider would get the old flags, and no other event.
 */
export class CatchUp {
  readonly #evaluations: Evaluations;
  readonly #sync: () => Promise<void>;
  #startedAtMs = Number.NEGATIVE_INFINITY;
  #running: Promise<void> = Promise.resolve();

  constructor(evaluations: Evaluations, sync: () => Promise<void>) {
    this.#evaluations = evaluations;
    this.#sync = sync;
  }

  /** Waits until the environment may have the version in `etag`: at most `maxWaitMs`. Never throws. */
  async waitForVersion(etag: string, folder: string): Promise<void> {
    if (etag === `"${this.#evaluations.of(folder)?.version}"`) return;
    const nowMs = performance.now();
    if (nowMs - this.#startedAtMs >= minIntervalMs) {
      this.#startedAtMs = nowMs;
      this.#running = this.#sync().catch(() => {});
    }
    await Promise.race([this.#running, pause(maxWaitMs, undefined, { ref: false })]);
  }
}
