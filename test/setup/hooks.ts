/** Vitest runs this file again before each test file, in the process of that test file. */
import { afterAll, afterEach, vi } from "vitest";
import { endTestFile, runChecks } from "./test-file.ts";

// Not by Vitest's options: those run before a test, so the fakes of the last test of a file would affect the
// next file.
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
