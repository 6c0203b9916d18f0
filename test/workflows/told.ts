import type { Run } from "./runner/run.ts";

/** Runs, each by its conclusion; where one failed, a test's output shows what it printed. */
export function told(runs: readonly Run[]): Record<string, string> {
  const failed = runs.filter(({ conclusion }) => conclusion === "failure");
  for (const { workflow, jobs } of failed) {
    for (const [id, { log }] of Object.entries(jobs)) console.info(`${workflow}, ${id}:\n${log}`);
  }
  return Object.fromEntries(runs.map(({ workflow, conclusion }) => [workflow, conclusion]));
}
