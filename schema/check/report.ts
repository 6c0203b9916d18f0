import type { Code } from "../problem/codes.ts";
import { positionAt } from "../problem/position.ts";
import type { Finding } from "../problem/problem.ts";
import { positionOfPointer } from "../yaml/pointers.ts";
import type { YamlSource } from "../yaml/source.ts";

/** Reports the problems of a file. */
export type Report = Add & { readonly source: YamlSource };

/** `at` is the JSON pointer of a value, or an offset in the text. */
type Add = (
  at: string | number,
  code: Code,
  message: string,
  hint?: string,
  options?: Options,
) => void;

interface Options {
  /** The problem is at the key, not at the value. */
  readonly side?: "key" | undefined;
  readonly since?: string;
}

/** The problems that `check` reports, in their order. */
export function findingsOf(source: YamlSource, check: (report: Report) => void): Finding[] {
  const findings: Finding[] = [];
  const add: Add = (at, code, message, hint, { side, since } = {}) => {
    const position =
      typeof at === "number" ? positionAt(source.text, at) : positionOfPointer(source, at, side);
    const others = { ...(hint !== undefined && { hint }), ...(since !== undefined && { since }) };
    findings.push({ ...position, code, message, ...others });
  };
  check(Object.assign(add, { source }));
  return findings;
}
