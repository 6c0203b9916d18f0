import { setTimeout as pause } from "node:timers/promises";

/** A batch that took longer than this waited for something else, in milliseconds. */
const maxBackOffMs = 500;

interface Waiting<T, R> {
  readonly item: T;
  readonly resolve: (result: R) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

export interface BatchQueueOptions<T, R> {
  /** Does the work on a batch: one result for each item. Where it throws, it throws for all of them. */
  readonly work: (items: readonly T[]) => Promise<readonly R[]>;
  /** Runs a batch when it may; until then it may still grow. */
  readonly runExclusive: (run: () => Promise<void>) => Promise<void>;
  /** Whether other processes were met of late that want the same. */
  readonly isContended: () => boolean;
  /** How many may wait, and how many make one batch. */
  readonly limits: { readonly waiting: number; readonly batch: number };
  /** How long one may wait, in milliseconds. */
  readonly timeoutMs: number;
  /** What an item is told that there is no room for, or that waited for too long. */
  readonly refuse: (why: string) => Error;
}

/** Gathers what comes while earlier items are worked on, and hands it over in batches, in order. */
export class BatchQueue<T, R> {
  readonly #options: BatchQueueOptions<T, R>;
  readonly #waiting: Waiting<T, R>[] = [];
  #isClosed = false;
  #running: Promise<void> | undefined;
  #ended = 0;
  /** How long the last batch took, in milliseconds; 0 where it failed. */
  #duration = 0;

  constructor(options: BatchQueueOptions<T, R>) {
    this.#options = options;
  }

  /** How many wait. */
  get length(): number {
    return this.#waiting.length;
  }

  /** Queues an item, and returns what became of it. */
  add(item: T): Promise<R> {
    const { limits, timeoutMs, refuse } = this.#options;
    if (this.#isClosed) return Promise.reject(refuse("the service is being stopped"));
    if (this.#waiting.length >= limits.waiting)
      return Promise.reject(refuse(`${limits.waiting} are waiting already`));
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
        reject(refuse(`its turn did not come in ${timeoutMs / 1_000} s`));
      }, timeoutMs);
      const waiting = { item, resolve, reject, timer };
      this.#waiting.push(waiting);
      this.#running ??= this.#run();
    });
  }

  /** Takes nothing more, and finishes what waits. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#running;
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      await this.#giveWay();
      await this.#options.runExclusive(() => this.#workOnBatch());
    }
    this.#running = undefined;
  }

  /**
   * Who has just been first is ahead of everybody who lost, and would be first again and again. So a
   * busy queue gives way: often while others are known to be there, and now and then to find out.
   */
  async #giveWay(): Promise<void> {
    if (performance.now() - this.#ended > this.#duration) return;
    if (this.#options.isContended()) await pause(Math.random() * 2 * this.#duration);
    else if (Math.random() < 1 / 16) await pause(3 * this.#duration);
  }

  async #workOnBatch(): Promise<void> {
    const batch = this.#waiting.splice(0, this.#options.limits.batch);
    if (batch.length === 0) return;
    for (const { timer } of batch) clearTimeout(timer);
    const started = performance.now();
    this.#duration = 0;
    try {
      const results = await this.#options.work(batch.map(({ item }) => item));
      this.#ended = performance.now();
      this.#duration = Math.min(this.#ended - started, maxBackOffMs);
      for (const [index, { resolve }] of batch.entries()) resolve(results[index] as R);
    } catch (error) {
      for (const { reject } of batch) reject(error as Error);
    }
  }
}
