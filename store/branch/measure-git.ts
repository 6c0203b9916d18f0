import type { Listeners } from "./listeners.ts";

/** A git operation, its result, and its duration in seconds. */
export type GitMeasurement = readonly [
  operation: "fetch" | "commit" | "push",
  result: "ok" | "failed",
  seconds: number,
];

/** Runs `work` and emits how long it took, also if it fails. */
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
    listeners.emit(operation, result, (performance.now() - started) / 1_000);
  }
}
