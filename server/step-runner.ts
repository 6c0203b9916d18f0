/** Applies scheduled steps to the second: it waits for the next step of the current snapshot. */
import type { Logger } from "pino";
import { type FlagStep, findDueSteps, nextStepTime, timeOf } from "../schema/flag/schedule.ts";
import { findFlag } from "../schema/flag/snapshot.ts";
import { formatProblem } from "../schema/problem/problem.ts";
import { listSome } from "../schema/text/show.ts";
import type { StepResult } from "../store/schedule/apply-steps.ts";
import type { FlagStore } from "../store/writes/flag-store.ts";

/**
 * Maximum time before the clock is read again. A corrected clock, or a suspended machine, delays a step
 * by at most this; and timers cannot wait longer than 2^31 ms.
 */
const maxWaitMs = 10_000;
/** Pause after a failure: the first one, and the maximum. */
const backoffMs = { first: 1_000, last: 30_000 };

export interface StepRunnerOptions {
  readonly store: Pick<FlagStore, "current" | "health" | "sync" | "onChange">;
  /** Applies steps of the current snapshot: see `applySteps()`. */
  readonly apply: (steps: readonly FlagStep[]) => Promise<readonly StepResult[]>;
  /** Called with each result. */
  readonly onResult: (result: StepResult) => void;
  readonly log: Logger;
}

export class StepRunner {
  readonly #options: StepRunnerOptions;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #isClosed = false;
  #waitMs = backoffMs.first;
  /** End of the pause after a failure, on the monotonic clock. */
  #pausedUntilMs = 0;
  #problem: string | undefined;
  /** Steps that cannot be applied, with the content of their file: a new content is tried again. */
  #refused = new Map<string, string>();

  constructor(options: StepRunnerOptions) {
    this.#options = options;
    options.store.onChange.add(() => {
      this.#pausedUntilMs = 0;
      this.#scheduleNext();
    });
    this.#scheduleNext();
  }

  /** Why steps that are due are not applied; `undefined` if none are. */
  get problem(): string | undefined {
    if (this.#problem !== undefined) return this.#problem;
    const refused = this.#dueSteps(Date.now(), true);
    if (refused.length === 0) return undefined;
    return `Does not apply ${listSome(refused.map(describeStep), 1)}: it was applied before, or its flag would not be valid; delete it from the file`;
  }

  /** Seconds since the oldest step that is not applied was due; 0 if there is none. */
  get overdueSeconds(): number {
    const nowMs = Date.now();
    const [first] = this.#dueSteps(nowMs);
    return first ? (nowMs - timeOf(first.step)) / 1_000 : 0;
  }

  /** Applies no more steps, and waits for the current ones. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#running;
  }

  /** Applies what is due, or waits for the next step. */
  #scheduleNext(): void {
    clearTimeout(this.#timer);
    if (this.#isClosed || this.#running !== undefined) return;
    const nowMs = Date.now();
    const pauseMs = this.#pausedUntilMs - performance.now();
    const isDue = this.#dueSteps(nowMs).length > 0;
    if (!isDue) this.#problem = undefined;
    if (isDue && pauseMs <= 0) {
      this.#running = this.#run();
      return;
    }
    const nextMs = isDue ? nowMs + pauseMs : nextStepTime(this.#flags, nowMs);
    if (nextMs === undefined) return;
    // At least 1 ms: timers may be early.
    const waitMs = Math.min(Math.max(nextMs - nowMs, 1), maxWaitMs);
    this.#timer = setTimeout(() => this.#scheduleNext(), waitMs).unref();
  }

  async #run(): Promise<void> {
    // In a later turn of the event loop, because the store may call back synchronously.
    await Promise.resolve();
    await this.#applyDue().catch((error) =>
      this.#fail(error instanceof Error ? error.message : String(error)),
    );
    this.#running = undefined;
    this.#scheduleNext();
  }

  async #applyDue(): Promise<void> {
    const { store, apply, onResult } = this.#options;
    // Somebody may have deleted the step a moment ago.
    await store.sync();
    const [problem] = store.health.problems;
    if (problem) throw new Error(`the head of the branch is not valid (${formatProblem(problem)})`);
    for (const result of await apply(this.#dueSteps(Date.now()))) {
      if (result.status !== "committed") this.#refuse(result);
      onResult(result);
    }
    this.#problem = undefined;
    this.#waitMs = backoffMs.first;
  }

  #fail(reason: string): void {
    if (this.#isClosed) return;
    const [first] = this.#dueSteps(Date.now());
    const what = first ? describeStep(first) : "scheduled steps";
    const problem = `Cannot apply ${what}: ${reason}`;
    if (problem !== this.#problem) this.#options.log.error({ problem }, "schedule");
    this.#problem = problem;
    this.#pausedUntilMs = performance.now() + this.#waitMs;
    this.#waitMs = Math.min(this.#waitMs * 2, backoffMs.last);
  }

  get #flags() {
    return this.#options.store.current?.snapshot.flags ?? [];
  }

  /** The steps that are due: those to apply, or those that were refused before. */
  #dueSteps(nowMs: number, wasRefused = false): FlagStep[] {
    return findDueSteps(this.#flags, nowMs).filter((step) => {
      return (this.#refused.get(keyOf(step)) === this.#objectOf(step)) === wasRefused;
    });
  }

  /** Remembers a step that is still there, but was not applied. */
  #refuse(result: StepResult): void {
    const object = this.#objectOf(result);
    if (object !== undefined) this.#refused.set(keyOf(result), object);
  }

  #objectOf({ flag }: FlagStep): string | undefined {
    return findFlag(this.#flags, flag)?.object;
  }
}

function describeStep({ flag, block, step }: FlagStep): string {
  return `the step of ${flag} in ${block} at ${step.at}`;
}

function keyOf({ flag, block, step }: FlagStep): string {
  return JSON.stringify([flag, block, step]);
}
