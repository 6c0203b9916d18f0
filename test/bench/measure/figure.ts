/** The figures of the benchmark, and their output as text. */
import type { Cost } from "./cost.ts";

/** Figures that belong together, for example those of one size. */
export interface Section {
  readonly title: string;
  readonly figures: readonly Figure[];
}

export interface Figure {
  readonly name: string;
  /** Missing if there is only a count. */
  readonly cost?: Cost;
  readonly comparisons?: readonly Comparison[];
  readonly note?: string;
}

export interface Comparison {
  /** What `value` counts: `of the floor`, `requests`. */
  readonly unit: string;
  readonly value: number;
  /** The same for the processor time, which other work on the machine affects less. */
  readonly cpu?: number;
  /** The maximum, if there is one. */
  readonly bound?: number | undefined;
  /** The minimum, if there is one. */
  readonly least?: number | undefined;
}

/** `cost` as a share of another one. */
export function share(cost: Cost, whole: Cost, unit: string, bound?: number): Comparison {
  return { unit, value: cost.ms / whole.ms, cpu: cost.cpu / whole.cpu, bound };
}

/** Whether a comparison is within its bounds; true if it has none. */
export function isMet({ value, bound, least }: Comparison): boolean {
  return value <= (bound ?? value) && value >= (least ?? value);
}

export function formatSection({ title, figures }: Section): string {
  return `${title}\n${figures.map(formatFigure).join("")}\n`;
}

function formatFigure({ name, cost, comparisons = [], note }: Figure): string {
  const time = cost ? `${number(cost.ms)} ms  (cpu ${number(cost.cpu)} ms)` : "";
  const parts = [`  ${name.padEnd(44)}${time.padEnd(30)}`, ...comparisons.map(formatComparison)];
  return `${parts.join("  ").trimEnd()}\n${note ? `      ${note}\n` : ""}`;
}

function formatComparison(comparison: Comparison): string {
  const { unit, value, cpu, bound, least } = comparison;
  const text = `${ratio(value)} ${unit}${cpu === undefined ? "" : ` (cpu ${ratio(cpu)})`}`;
  const verdict = (failure: string) => (isMet(comparison) ? "ok" : failure);
  if (least !== undefined) return `${text}, at least ${least}: ${verdict("under")}`;
  if (bound === undefined) return text;
  return `${text}, bound ${bound}: ${verdict("over")}`;
}

function ratio(value: number): string {
  return Number.isInteger(value) ? `${value}` : value.toFixed(value < 0.1 ? 3 : 2);
}

/** Right-aligned, with as many digits as are worth reading. */
function number(ms: number): string {
  const text = ms < 100 ? ms.toFixed(1) : Math.round(ms).toLocaleString("en-US");
  return text.padStart(7);
}
