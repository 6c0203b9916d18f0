import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Caller } from "./contexts.ts";

/** The type of a flag's values, which an SDK has to know. */
export interface TypedFlag {
  readonly name: string;
  readonly type: "boolean" | "string" | "integer" | "number" | "object";
}

/** The answer of a program for one flag and one caller. `error` is null if there is none. */
export type Answer = readonly [value: unknown, variant: string | null, error: string | null];

/**
 * A running program that evaluates flags. It reads lines of JSON from stdin: first the flags, then
 * one context each. For each context it writes a line with an answer for each flag.
 */
export class Evaluator {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  #errors = "";

  constructor([program, ...args]: readonly [string, ...string[]], flags: readonly TypedFlag[]) {
    this.#child = spawn(program, args, { stdio: ["pipe", "pipe", "pipe"] });
    const { stdout, stderr, stdin } = this.#child;
    if (!stdout || !stderr || !stdin) throw new Error(`Cannot run "${program}": it has no pipes`);
    stderr.setEncoding("utf8").on("data", (text: string) => {
      this.#errors += text;
    });
    // If the program has ended, the missing answer is reported with the program's error output.
    stdin.on("error", () => {});
    this.#child.on("error", (error) => {
      this.#errors += error.message;
    });
    this.#lines = createInterface({ input: stdout })[Symbol.asyncIterator]();
    stdin.write(`${JSON.stringify(flags)}\n`);
  }

  /** The answers for all flags, by caller. */
  async evaluate(contexts: readonly Caller[]): Promise<Answer[][]> {
    for (const context of contexts) this.#child.stdin?.write(`${JSON.stringify(context)}\n`);
    const answers: Answer[][] = [];
    while (answers.length < contexts.length) {
      const { value, done } = await this.#lines.next();
      if (done) {
        const words = this.#errors.slice(-2_000);
        throw new Error(`Cannot evaluate in "${this.#child.spawnfile}": it has ended: ${words}`);
      }
      answers.push(JSON.parse(value));
    }
    return answers;
  }

  [Symbol.dispose](): void {
    this.#child.kill("SIGKILL");
  }
}
