import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { command } from "./job.ts";

export interface Requests {
  readonly requests: number;
  /** Of them, those that are to change something. */
  readonly writes: number;
}

/** An S3 in a process of its own, so that it takes no time of those who are measured. */
export class S3 implements Disposable {
  readonly #child = spawn(
    process.execPath,
    command(new URL("./jobs/double.ts", import.meta.url), []),
    { stdio: ["pipe", "pipe", "inherit"] },
  );
  readonly #lines = createInterface(this.#child.stdout)[Symbol.asyncIterator]();

  /** The variables that lead a client to it. */
  async environment(): Promise<Record<string, string>> {
    const { endpoint, region, accessKeyId, secretAccessKey } = await this.#answer();
    return {
      AWS_ENDPOINT_URL_S3: endpoint,
      AWS_REGION: region,
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
    };
  }

  /** What was asked of it since this was called last. */
  async requests(): Promise<Requests> {
    this.#child.stdin.write("\n");
    return this.#answer();
  }

  // biome-ignore lint/suspicious/noExplicitAny: the two lines that jobs/double.ts prints
  async #answer(): Promise<any> {
    const { value, done } = await this.#lines.next();
    if (done) throw new Error("Cannot use the S3 double: it has ended");
    return JSON.parse(value);
  }

  [Symbol.dispose](): void {
    this.#child.stdin.end();
  }
}
