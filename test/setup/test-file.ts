/**
 * Checks after each test, and cleanups at the end of the current test file.
 *
 * A helper is loaded once for many test files. A hook of Vitest at its top would run for the first of
 * them only.
 */
type Action = () => unknown;

const checks: Action[] = [];
const cleanups: Action[] = [];

/** Runs `check` after each further test of this file. If it throws, the test fails. */
export function checkAfterEachTest(check: Action): void {
  checks.push(check);
}

/** Runs `cleanup` after the last test of this file. Cleanups run one after the other, the newest first. */
export function cleanUpAfterFile(cleanup: Action): void {
  cleanups.push(cleanup);
}

export async function runChecks(): Promise<void> {
  for (const check of checks) await check();
}

/** Runs all cleanups, even if some of them fail. */
export async function endTestFile(): Promise<void> {
  checks.length = 0;
  const errors: unknown[] = [];
  for (const cleanup of cleanups.splice(0).reverse()) {
    try {
      await cleanup();
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw new AggregateError(errors, "Cannot clean up after the test file");
}
