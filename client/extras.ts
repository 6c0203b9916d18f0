import { createMeter, type Hear } from "./meter.ts";
import { createReporter } from "./report.ts";
import { keepStream } from "./stream.ts";
import type { Asked, Options } from "./types.ts";

/** What a page loads only when its options ask for it: metrics, reports, the event stream. */
export function attach(
  options: Options,
  asked: ReadonlyMap<string, Asked>,
  closing: AbortSignal,
  key: string,
): Hear {
  if (closing.aborted) return () => {};
  const { reportTo, token, onMetrics, environment } = options;
  const meter = createMeter(options.url, asked);
  const report = reportTo === undefined ? undefined : createReporter(reportTo, token);
  if (options.stream) keepStream(key, options, closing);
  globalThis.document?.addEventListener(
    "visibilitychange",
    () => {
      if (document.hidden) tell(true);
    },
    { signal: closing },
  );
  closing.addEventListener("abort", () => tell(true));
  return (reason, wait, found) => {
    meter.hear(reason, wait, found);
    tell(false);
  };

  function tell(isLast: boolean): void {
    const metrics = meter.read();
    try {
      onMetrics?.(metrics);
    } catch (error) {
      console.error(error);
    }
    report?.(metrics, environment ?? meter.environment(), isLast);
  }
}
