/** When scheduled steps are applied: timers, clocks, failures. The store is a fake; `schedule.test.ts` has the real one. */
import { beforeEach, expect, test, vi } from "vitest";
import { normalize } from "../../schema/flag/flag.ts";
import type { FlagStep, Step } from "../../schema/flag/schedule.ts";
import { createLog } from "../../server/observe/log.ts";
import { StepRunner, type StepRunnerOptions } from "../../server/step-runner.ts";
import type { StepResult } from "../../store/schedule/apply-steps.ts";

const project = { environments: ["production"], attributes: {} };
const start = Date.parse("2027-01-01T00:00:00Z");
const day = 86_400_000;

beforeEach(() => {
  vi.useFakeTimers();
  vi.setSystemTime(start);
});
function at(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, -5)}Z`;
}

/** A branch whose flag `a` has these steps, and a runner that follows it. */
class Bench {
  readonly applied: { at: string; nowMs: number }[] = [];
  readonly runner: StepRunner;
  steps: readonly Step[];
  problems: readonly { file: string }[] = [];
  status: StepResult["status"] = "committed";
  failure: Error | undefined;
  attempts = 0;
  syncs = 0;
  onSync = () => {};
  #listener = () => {};
  #commit = 0;

  constructor(...steps: readonly Step[]) {
    this.steps = steps;
    const bench = this;
    const store = {
      get current() {
        return { snapshot: { flags: [{ ...bench.#flag(), object: String(bench.#commit) }] } };
      },
      get health() {
        return { problems: bench.problems };
      },
      async sync() {
        bench.syncs += 1;
        bench.onSync();
      },
      onChange: {
        add(listener: () => void) {
          bench.#listener = listener;
        },
      },
    };
    this.runner = new StepRunner({
      store: store as unknown as StepRunnerOptions["store"],
      apply: (due) => this.#apply(due),
      onResult: () => {},
      log: createLog("silent"),
    });
  }

  /** Simulates another commit. */
  change(...steps: readonly Step[]): void {
    this.steps = steps;
    this.#commit += 1;
    this.#listener();
  }

  async #apply(due: readonly FlagStep[]): Promise<StepResult[]> {
    this.attempts += 1;
    if (this.failure) throw this.failure;
    const { status } = this;
    if (status === "committed") {
      for (const { step } of due) this.applied.push({ at: step.at, nowMs: Date.now() });
      this.change(...this.steps.filter((step) => !due.some((one) => one.step.at === step.at)));
    }
    return due.map((step) => ({ ...step, status }));
  }

  #flag() {
    return normalize("a", { enabled: true, schedule: this.steps }, project);
  }
}

test("StepRunner applies a step in its second", async () => {
  const bench = new Bench({ at: at(start + 3_600_000), rollout: 25 });
  await vi.advanceTimersByTimeAsync(3_600_000 - 1);
  expect(bench.attempts).toBe(0);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(bench.applied).toHaveLength(1);
  expect(bench.applied[0]?.nowMs).toBeLessThan(start + 3_601_000);
  await bench.runner.close();
});

test("StepRunner sets no timer that is too long for Node, and waits for a step in a year", async () => {
  const timers = vi.spyOn(globalThis, "setTimeout");
  const bench = new Bench({ at: at(start + 365 * day), rollout: 25 });
  await vi.advanceTimersByTimeAsync(600_000);
  expect(bench.attempts).toBe(0);
  expect(timers.mock.calls.filter(([, ms = 0]) => ms > 10_000)).toEqual([]);
  vi.setSystemTime(start + 365 * day);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(bench.applied).toHaveLength(1);
  await bench.runner.close();
});

test("StepRunner applies late steps at once, in order", async () => {
  const [first, second] = [at(start - day), at(start - 1_000)];
  const bench = new Bench({ at: first, rollout: 25 }, { at: second, rollout: 50 });
  await vi.advanceTimersByTimeAsync(0);
  expect(bench.applied.map((one) => one.at)).toEqual([first, second]);
  await bench.runner.close();
});

test("StepRunner notices within seconds that its clock was corrected", async () => {
  const bench = new Bench({ at: at(start + day), rollout: 25 });
  await vi.advanceTimersByTimeAsync(5_000);
  vi.setSystemTime(start + day);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(bench.applied).toHaveLength(1);
  await bench.runner.close();
});

test("StepRunner waits again after its clock was set back, and applies nothing twice", async () => {
  const bench = new Bench(
    { at: at(start + 1_000), rollout: 25 },
    { at: at(start + 5_000), rollout: 50 },
  );
  await vi.advanceTimersByTimeAsync(1_500);
  expect(bench.applied).toHaveLength(1);
  vi.setSystemTime(start - day);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(bench.applied).toHaveLength(1);
  vi.setSystemTime(start + 5_000);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(bench.applied.map((one) => one.at)).toEqual([at(start + 1_000), at(start + 5_000)]);
  await bench.runner.close();
});

test("StepRunner fetches the branch before it applies: a deleted step is not applied", async () => {
  const bench = new Bench({ at: at(start + 1_000), rollout: 25 });
  bench.onSync = () => bench.change();
  await vi.advanceTimersByTimeAsync(5_000);
  expect(bench.syncs).toBe(1);
  expect(bench.applied).toEqual([]);
  await bench.runner.close();
});

test("StepRunner waits for a step that is added later", async () => {
  const bench = new Bench();
  await vi.advanceTimersByTimeAsync(day);
  bench.change({ at: at(start + day + 3_000), rollout: 25 });
  await vi.advanceTimersByTimeAsync(3_500);
  expect(bench.applied).toHaveLength(1);
  await bench.runner.close();
});

test("StepRunner waits while the head is not valid, reports this, and continues when it is", async () => {
  const step = { at: at(start + 1_000), rollout: 25 };
  const bench = new Bench(step);
  const problem = {
    line: 2,
    column: 10,
    code: "wrong-type",
    severity: "error",
    message: "Cannot read it",
  };
  bench.problems = [{ file: "flags/b.yaml", ...problem } as { file: string }];
  await vi.advanceTimersByTimeAsync(60_000);
  expect(bench.attempts).toBe(0);
  expect(bench.runner.problem).toBe(
    `Cannot apply the step of a in production at ${step.at}: the head of the branch is not valid (flags/b.yaml:2:10: Cannot read it [wrong-type])`,
  );
  expect(bench.runner.overdueSeconds).toBe(59);
  bench.problems = [];
  bench.change(step);
  await vi.advanceTimersByTimeAsync(0);
  expect(bench.applied).toHaveLength(1);
  expect(bench.runner.problem).toBeUndefined();
  expect(bench.runner.overdueSeconds).toBe(0);
  await bench.runner.close();
});

test("StepRunner retries after a failure with increasing pauses", async () => {
  const bench = new Bench({ at: at(start), rollout: 25 });
  bench.failure = new Error("the remote is gone");
  await vi.advanceTimersByTimeAsync(60_000);
  expect(bench.attempts).toBeGreaterThan(3);
  expect(bench.attempts).toBeLessThan(9);
  expect(bench.runner.problem).toContain("the remote is gone");
  bench.failure = undefined;
  await vi.advanceTimersByTimeAsync(30_000);
  expect(bench.applied).toHaveLength(1);
  await bench.runner.close();
});

test("StepRunner does not retry a step that was applied before, until its file changes", async () => {
  const step = { at: at(start), rollout: 25 };
  const bench = new Bench(step);
  bench.status = "repeated";
  await vi.advanceTimersByTimeAsync(600_000);
  expect(bench.attempts).toBe(1);
  expect(bench.runner.problem).toContain(
    `Does not apply the step of a in production at ${step.at}`,
  );
  bench.status = "committed";
  bench.change(step);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(bench.applied).toHaveLength(1);
  await bench.runner.close();
});

test("StepRunner applies nothing after close()", async () => {
  const bench = new Bench({ at: at(start + 1_000), rollout: 25 });
  await bench.runner.close();
  await vi.advanceTimersByTimeAsync(60_000);
  bench.change({ at: at(start), rollout: 25 });
  expect(bench.attempts).toBe(0);
});
