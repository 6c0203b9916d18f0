import { setTimeout as pause } from "node:timers/promises";
import type { Exclusive } from "../locks/exclusive.ts";
import { FairQueue } from "./fair-queue.ts";

/** Upper limit of the assumed duration of a batch: a longer one had to wait for something else. */
const maxBackOffMs = 500;

interface Waiting<T, R> {
  readonly item: T;
  readonly resolve: (result: R) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

export interface BatchQueueOptions<T, R, Resource> {
  /** Processes a batch and returns one result for each item. If it throws, all items fail. */
  readonly work: (resource: Resource, items: readonly T[]) => Promise<readonly R[]>;
  /** The resource that `work` needs. A batch grows until the resource is free. */
  readonly resource: Exclusive<Resource>;
  /** Whether other processes have recently won a race for the same resource. */
  readonly isContended: () => boolean;
  readonly limits: { readonly waiting: number; readonly batch: number };
  /** Maximum time that an item waits for its batch. */
  readonly timeoutMs: number;
  /** The error of an item that is dropped or waits too long. */
  readonly refuse: (why: string) => Error;
}

/** Collects items while a batch is processed, and processes them as the next batch. */
export class BatchQueue<T, R, Resource> {
  readonly #options: BatchQueueOptions<T, R, Resource>;
  readonly #waiting: FairQueue<Waiting<T, R>>;
  #isClosed = false;
  #running: Promise<void> | undefined;
  #endedMs = 0;
  /** Duration of the last batch; 0 if it failed. */
  #durationMs = 0;

  constructor(options: BatchQueueOptions<T, R, Resource>) {
    this.#options = options;
    this.#waiting = new FairQueue(options.limits.waiting);
  }

  /** How many items wait. */
  get length(): number {
    return this.#waiting.length;
  }

  /** Queues an item and returns its result. Owners share the capacity; an urgent item is always accepted. */
  add(item: T, owner: string, isUrgent = false): Promise<R> {
    const { limits, timeoutMs, refuse } = this.#options;
    if (this.#isClosed) return Promise.reject(refuse("the service is being stopped"));
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.remove(waiting);
        reject(refuse(`it waited for ${timeoutMs / 1_000} s`));
      }, timeoutMs);
      const waiting = { item, resolve, reject, timer };
      for (const displaced of this.#waiting.add(waiting, owner, isUrgent)) {
        clearTimeout(displaced.timer);
        displaced.reject(refuse(`${limits.waiting} changes are waiting already`));
      }
      this.#running ??= this.#run();
    });
  }

  /** Accepts no more items, and processes those that wait. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#running;
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      await this.#backOff();
      await this.#options.resource.use((resource) => this.#processBatch(resource));
    }
    this.#running = undefined;
  }

  /**
   * The last winner tends to win again and starve the other servers. So a busy queue backs off with
   * jitter while there is contention, and sometimes to find out whether there is.
   */
  async #backOff(): Promise<void> {
    if (performance.now() - this.#endedMs > this.#durationMs) return;
    if (this.#options.isContended()) await pause(Math.random() * 2 * this.#durationMs);
    else if (Math.random() < 1 / 16) await pause(3 * this.#durationMs);
  }

  async #processBatch(resource: Resource): Promise<void> {
    const batch = this.#waiting.take(this.#options.limits.batch);
    if (batch.length === 0) return;
    for (const { timer } of batch) clearTimeout(timer);
    const startedMs = performance.now();
    this.#durationMs = 0;
    try {
      const items = batch.map(({ item }) => item);
      const results = await this.#options.work(resource, items);
      this.#endedMs = performance.now();
      this.#durationMs = Math.min(this.#endedMs - startedMs, maxBackOffMs);
      for (const [index, { resolve }] of batch.entries()) resolve(results[index] as R);
    } catch (error) {
      for (const { reject } of batch) reject(error as Error);
    }
  }
}
