/** Vitest runs this file again before each test file, in the process of that test file. */
import { afterAll, afterEach, vi } from "vitest";
import { endTestFile, runChecks } from "./test-file.ts";

// Here, and not by Vitest's options: these act before a test, so the last test of a file would leave its fakes to the next file.
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
});
afterEach(runChecks);
afterAll(endTestFile);

// With SEED, each run has the same random cases, as in `test/random.ts`.
if (process.env.SEED !== undefined) {
  const { configureGlobal } = await import("fast-check");
  configureGlobal({ seed: Number(process.env.SEED) });
}
