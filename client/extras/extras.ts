import type { Options } from "../core/types.ts";
import { createMeter, type Observe } from "./meter.ts";
import { createReporter } from "./report.ts";
import { keepStream } from "./stream.ts";

export interface Extras {
  /** Works until `closing` is aborted. May be called again after that. */
  start(closing: AbortSignal): void;
  readonly observe: Observe;
}

/** Metrics, reports and the event stream. A page loads this only if its options ask for one of them. */
export function createExtras(
  options: Options,
  evaluations: ReadonlyMap<string, number>,
  key: string,
): Extras {
  const { reportTo, token, onMetrics, environment } = options;
  const meter = createMeter(options.url, evaluations);
  const report = reportTo === undefined ? undefined : createReporter(reportTo, token);
  return {
    start(closing) {
      if (closing.aborted) return;
      if (options.stream) keepStream(key, options, closing);
      globalThis.document?.addEventListener(
        "visibilitychange",
        () => {
          if (document.hidden) publish(true);
        },
        { signal: closing },
      );
      closing.addEventListener("abort", () => publish(true));
    },
    observe(found, origin, reason, held) {
      meter.observe(found, origin, reason, held);
      publish(false);
    },
  };

  function publish(isLast: boolean): void {
    const metrics = meter.read();
    try {
      onMetrics?.(metrics);
    } catch (error) {
      console.error(error);
    }
    report?.(metrics, environment ?? meter.environment(), isLast);
  }
}
