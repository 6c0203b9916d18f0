/** Records a scheduled step in log and metrics. */
import type { Logger } from "pino";
import { timeOf } from "../../schema/flag/schedule.ts";
import type { StepResult } from "../../store/schedule/apply-steps.ts";
import type { Metrics } from "./metrics.ts";

export function reportStep(metrics: Metrics, log: Logger, result: StepResult): void {
  const { flag, block, step, status, commit, faults } = result;
  metrics.steps.inc({ result: status });
  const lateSeconds = Math.max(0, Math.round((Date.now() - timeOf(step)) / 1_000));
  const line = { audit: true, flag, environment: block, step, result: status, commit, faults };
  log.info({ ...line, lateSeconds }, "scheduled step");
}
