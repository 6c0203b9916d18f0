import type { Run } from "../runner/run.ts";

/** The conclusion of each run. Prints the output of failed runs. */
export function conclusionsOf(runs: readonly Run[]): Record<string, string> {
  const failed = runs.filter(({ conclusion }) => conclusion === "failure");
  for (const { workflow, jobs } of failed) {
    for (const [id, { log }] of Object.entries(jobs)) console.info(`${workflow}, ${id}:\n${log}`);
  }
  return Object.fromEntries(runs.map(({ workflow, conclusion }) => [workflow, conclusion]));
}
