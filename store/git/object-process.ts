/**
 * `git cat-file --batch`, which answers requests in one directory until its input ends. A process that
 * has answered waits for the next request, because its start takes longer than most answers.
 */
import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { statSync } from "node:fs";
import { refChild, unrefChild } from "./children.ts";
import { GitError, maxErrorLength, startGit } from "./git.ts";

/** How long a process waits for the next request. */
const idleMs = 2_000;

/** By default git keeps up to 96 MB of what it has read, and a process may run as long as the server. */
const memoryLimit = ["-c", "core.deltaBaseCacheLimit=8m"];

/** Waiting processes by directory. */
const idle = new Map<string, ObjectProcess>();

/** A waiting process, or a new one. */
export async function takeObjectProcess(directory: string): Promise<ObjectProcess> {
  const found = idle.get(directory);
  idle.delete(directory);
  return found?.wake() ? found : ObjectProcess.start(directory);
}

export class ObjectProcess {
  readonly #directory: string;
  /** Another directory may take the same path: a clone is replaced if it is damaged. */
  readonly #inode: number | undefined;
  readonly #child: ChildProcessWithoutNullStreams;
  #isReused = false;
  #errorOutput = "";
  #hasEnded = false;
  #resume = () => {};
  #timer: NodeJS.Timeout | undefined;

  static async start(directory: string): Promise<ObjectProcess> {
    const child = await startGit(directory, [...memoryLimit, "cat-file", "--batch"]);
    return new ObjectProcess(directory, child);
  }

  private constructor(directory: string, child: ChildProcessWithoutNullStreams) {
    this.#directory = directory;
    this.#inode = inodeOf(directory);
    this.#child = child;
    child.stdin.on("error", () => {}); // "close" follows.
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.#errorOutput = (this.#errorOutput + text).slice(-maxErrorLength);
    });
    child.stdout.on("readable", () => this.#resume());
    child.once("close", () => {
      this.#hasEnded = true;
      this.#resume();
    });
  }

  /** Whether it has answered a request before. */
  get isReused(): boolean {
    return this.#isReused;
  }

  /** Sends names, one on each line. */
  send(names: string): void {
    this.#child.stdin.write(names);
  }

  /** What git answers, in chunks, without an end. Throws `GitError` if git ends. */
  async *answers(): AsyncGenerator<Buffer> {
    for (;;) {
      const chunk: Buffer | null = this.#child.stdout.read();
      if (chunk !== null) yield chunk;
      else if (this.#hasEnded)
        throw new GitError(`Cannot run "git cat-file": ${this.#errorOutput.trim() || "it ended"}`);
      else
        await new Promise<void>((resolve) => {
          this.#resume = resolve;
        });
    }
  }

  /** Lets the process wait for the next request. All its answers must have been read. */
  keep(): void {
    this.#isReused = true;
    this.#errorOutput = "";
    idle.get(this.#directory)?.end();
    idle.set(this.#directory, this);
    // If this process ends first, the input of the child ends, and so does the child.
    unrefChild(this.#child);
    this.#timer = setTimeout(() => {
      idle.delete(this.#directory);
      this.end();
    }, idleMs).unref();
  }

  /** Ends the wait. Returns false if the process can answer no more requests in the directory. */
  wake(): boolean {
    clearTimeout(this.#timer);
    refChild(this.#child);
    if (!this.#hasEnded && this.#inode === inodeOf(this.#directory)) return true;
    this.end();
    return false;
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#child.kill();
  }
}

function inodeOf(directory: string): number | undefined {
  return statSync(directory, { throwIfNoEntry: false })?.ino;
}
