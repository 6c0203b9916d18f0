/** Waits for the time plus or minus 10 %, so that many clients do not act at once; ends early if aborted. */
export function sleep(seconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const timer = setTimeout(end, seconds * (900 + 200 * Math.random()));
    // A wait does not keep a program alive. Timers of browsers have no `unref()`.
    Object(timer).unref?.();
    signal.addEventListener("abort", end);
    function end() {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    }
  });
}
