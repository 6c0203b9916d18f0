import type { Worker } from "node:worker_threads";
import { startThread } from "./thread.ts";
import { done, failed, linkFiles } from "./twin-files.mjs";

/** Fewer files are linked in less time than a thread takes to start. */
const worthThread = 3_000;
/** For what was added at once, in milliseconds. */
const patience = 10_000;

/**
 * A second directory of the same files, under names that cost no space; of many, a thread of its
 * own makes it while they are written.
 */
export class Twin {
  readonly #from: string;
  readonly #to: string;
  readonly #counts = new Int32Array(new SharedArrayBuffer(8));
  readonly #thread: Worker | undefined;
  #asked = 0;

  /** In `to`, which has the folders of `from` already; for `files` files. */
  constructor(from: string, to: string, files: number) {
    this.#from = from;
    this.#to = to;
    if (files < worthThread) return;
    const linkFiles = { from, to, counts: this.#counts };
    this.#thread = startThread(new URL("./twin-files.mjs", import.meta.url), { linkFiles });
  }

  /** Files that have been written, by their names below `from`. */
  add(names: readonly string[]): void {
    this.#asked += 1;
    if (this.#thread) this.#thread.postMessage(names);
    else {
      if (!linkFiles(this.#from, this.#to, names)) Atomics.add(this.#counts, failed, 1);
      Atomics.add(this.#counts, done, 1);
    }
  }

  /** Whether all of them stand there now; waits for the thread, as nothing else could be done. */
  end(): boolean {
    let isLate = false;
    for (let seen = this.#count(done); seen < this.#asked && !isLate; seen = this.#count(done)) {
      isLate = Atomics.wait(this.#counts, done, seen, patience) === "timed-out";
    }
    void this.#thread?.terminate();
    return !isLate && this.#count(failed) === 0;
  }

  #count(which: number): number {
    return Atomics.load(this.#counts, which);
  }
}
