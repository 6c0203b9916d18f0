import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { command } from "./job.ts";

/** A job that keeps running and answers each line with a line of JSON. It ends with its standard input. */
export class Background implements Disposable {
  readonly #child;
  readonly #lines;

  constructor(job: URL, args: readonly (string | number)[] = []) {
    this.#child = spawn(process.execPath, ["--expose-gc", ...command(job, args)], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    this.#lines = createInterface(this.#child.stdout)[Symbol.asyncIterator]();
  }

  // biome-ignore lint/suspicious/noExplicitAny: the type depends on the job
  async receive(): Promise<any> {
    const { value, done } = await this.#lines.next();
    if (done) throw new Error("Cannot measure: a process of the benchmark has ended");
    return JSON.parse(value);
  }

  // biome-ignore lint/suspicious/noExplicitAny: as above
  ask(line: unknown = null): Promise<any> {
    this.#child.stdin.write(`${JSON.stringify(line)}\n`);
    return this.receive();
  }

  [Symbol.dispose](): void {
    this.#child.stdin.end();
  }
}
