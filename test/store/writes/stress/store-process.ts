import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import type { TimedFlag } from "../../../../schema/flag/snapshot.ts";
import type { StoreHealth } from "../../../../store/branch/store-health.ts";
import type { Write, WriteResult } from "../../../../store/writes/write.ts";
import type { TestRepository } from "../../../git/repository.ts";
import { bundleModule } from "../../../setup/bundle-module.ts";
import { cleanUpAfterFile } from "../../../setup/test-file.ts";
import { newClone } from "../writing.ts";

/** A request to the process: a write, or its state, after a sync if requested. */
export interface Order {
  readonly id: number;
  readonly write?: Omit<Write, "isExpected"> | undefined;
  /** The description that the flag must have. */
  readonly expects?: string | undefined;
  readonly isSync?: boolean;
}

export interface Answer {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: { readonly name: string; readonly message: string };
}

export interface State {
  readonly flags: readonly TimedFlag[];
  readonly commit: string;
  readonly health: StoreHealth;
}

/** A store in a process of its own. */
export class StoreProcess {
  readonly directory: string;
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  #orders = 0;

  static async start(
    remote: TestRepository | string,
    directory = newClone(),
  ): Promise<StoreProcess> {
    const url = typeof remote === "string" ? remote : remote.directory;
    const process = new StoreProcess(directory, url);
    cleanUpAfterFile(() => process.kill());
    await process.#answerTo(0);
    return process;
  }

  private constructor(directory: string, url: string) {
    this.directory = directory;
    this.#child = fork(bundleModule(new URL("./store-worker.ts", import.meta.url)), [
      directory,
      url,
    ]);
    this.#child.on("message", (answer: Answer) => {
      this.#waiting.get(answer.id)?.(answer);
      this.#waiting.delete(answer.id);
    });
    this.#child.on("close", () => {
      const error = { name: "Error", message: "The process has ended" };
      for (const [id, resolve] of this.#waiting) resolve({ id, error });
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  write({ isExpected: _, ...write }: Write, expects?: string): Promise<WriteResult> {
    return this.#order({ write, expects }) as Promise<WriteResult>;
  }

  state(): Promise<State> {
    return this.#order({}) as Promise<State>;
  }

  sync(): Promise<State> {
    return this.#order({ isSync: true }) as Promise<State>;
  }

  /** Ends at once, as in a crash. */
  async kill(): Promise<void> {
    const { exitCode, signalCode } = this.#child;
    if (exitCode !== null || signalCode !== null) return;
    const ended = once(this.#child, "close");
    this.#child.kill("SIGKILL");
    await ended;
  }

  async #order(order: Omit<Order, "id">): Promise<unknown> {
    this.#orders += 1;
    const id = this.#orders;
    const answered = this.#answerTo(id);
    this.#child.send({ ...order, id });
    return answered;
  }

  async #answerTo(id: number): Promise<unknown> {
    const { value, error } = await new Promise<Answer>((resolve) => {
      this.#waiting.set(id, resolve);
    });
    if (error) throw Object.assign(new Error(error.message), { name: error.name });
    return value;
  }
}
