import type { Code } from "../problem/codes.ts";
import type { Finding } from "../problem/problem.ts";
import type { Source } from "../yaml/parse.ts";
import { placeAt } from "../yaml/pointers.ts";

/** Reports a problem at a value, by JSON pointer. */
export type Report = (
  pointer: string,
  code: Code,
  message: string,
  hint?: string,
  options?: {
    /** The problem is at the key, not at the value. */
    readonly side?: "key";
    readonly since?: string;
  },
) => void;

/** The problems that `check` reports, in their order. */
export function findingsOf(source: Source, check: (report: Report) => void): Finding[] {
  const findings: Finding[] = [];
  check((pointer, code, message, hint, { side, since } = {}) => {
    const place = placeAt(source, pointer, side);
    const others = { ...(hint !== undefined && { hint }), ...(since !== undefined && { since }) };
    findings.push({ ...place, code, message, ...others });
  });
  return findings;
}
