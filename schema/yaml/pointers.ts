/** JSON pointers and positions of findings. */
import { positionAt } from "../problem/position.ts";
import type { Finding } from "../problem/problem.ts";
import type { Offsets, YamlSource } from "./source.ts";

/** The position of the value at a JSON pointer, or of its key. If there is none, the position of the whole value. */
export function positionOfPointer(
  { text, offsets }: YamlSource,
  pointer: string,
  side: keyof Offsets = "value",
) {
  return positionAt(text, offsets.get(pointer)?.[side] ?? offsets.get("")?.value ?? 0);
}

/** Codes of findings about an incomplete mapping: their position is that of its first key. */
const ofMappings: ReadonlySet<string> = new Set(["missing-key", "not-a-mapping", "rule-outcome"]);

/**
 * The JSON pointer of the value or the key at the position of a finding; if none starts there, that of
 * the value around it.
 */
export function pointerOf(source: YamlSource, { line, column, code }: Finding): string {
  let around = "";
  const exact: string[] = [];
  for (const [pointer, { value, key }] of source.offsets) {
    const positions = [value, key].map((offset) => positionAt(source.text, offset));
    if (positions.some((position) => position.line === line && position.column === column))
      exact.push(pointer);
    const [start] = positions;
    if (start && (start.line < line || (start.line === line && start.column < column)))
      around = pointer;
  }
  const found = ofMappings.has(code) ? exact[0] : exact.at(-1);
  return found ?? around;
}
