import type { Listeners } from "./listeners.ts";

/** What git was asked for, how that went, and how many seconds it took. */
export type GitMeasurement = readonly [
  operation: "fetch" | "commit" | "push",
  result: "ok" | "failed",
  seconds: number,
];

/** Does the work, and tells how long it took, whether it fails or not. */
export async function measureGit<T>(
  listeners: Listeners<GitMeasurement>,
  operation: GitMeasurement[0],
  work: () => Promise<T>,
): Promise<T> {
  const started = performance.now();
  let result: GitMeasurement[1] = "failed";
  try {
    const value = await work();
    result = "ok";
    return value;
  } finally {
    listeners.tell(operation, result, (performance.now() - started) / 1_000);
  }
}
