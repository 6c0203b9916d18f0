import { once } from "node:events";
import type { Worker } from "node:worker_threads";
import type { Alike } from "./seal.ts";
import { startThread } from "./thread.ts";
import { findTouched } from "./touched-files.mjs";

/** Looks at the files of a release; at many in a thread of its own, which starts before they are known. */
export class TouchedFiles {
  readonly #directory: string;
  readonly #time: number;
  readonly #thread: Worker | undefined;

  /** Touched since `time`, in milliseconds as the file system tells it. */
  constructor(directory: string, time: number, areMany: boolean) {
    this.#directory = directory;
    this.#time = time;
    if (!areMany) return;
    const findTouched = { directory, time };
    this.#thread = startThread(new URL("./touched-files.mjs", import.meta.url), { findTouched });
  }

  /**
   * The names whose files are younger, or gone. A build that takes one of the names from a file
   * makes it younger, too. All of them where the thread fails.
   */
  async find(groups: readonly Alike[]): Promise<ReadonlySet<string>> {
    if (!this.#thread) return new Set(findTouched(this.#directory, this.#time, groups));
    try {
      const answer = once(this.#thread, "message");
      this.#thread.ref();
      this.#thread.postMessage(groups);
      const [touched] = await answer;
      return new Set(touched);
    } catch {
      return new Set(groups.flatMap(({ names }) => names));
    } finally {
      this.end();
    }
  }

  end(): void {
    void this.#thread?.terminate();
  }
}
