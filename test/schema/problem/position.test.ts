import fc from "fast-check";
import { expect, test } from "vitest";
import { positionAt } from "../../../schema/problem/position.ts";

test.each([
  ["", 0, 1, 1],
  ["ab\ncd\n", 0, 1, 1],
  ["ab\ncd\n", 1, 1, 2],
  ["ab\ncd\n", 2, 1, 3],
  ["ab\ncd\n", 3, 2, 1],
  ["ab\ncd\n", 6, 3, 1],
  ["\n\n", 1, 2, 1],
  ["🍲x", 2, 1, 3],
  ["a\r\nb", 3, 2, 1],
])("positionAt() in %j of offset %i is line %i, column %i", (text, offset, line, column) => {
  expect(positionAt(text, offset)).toEqual({ line, column });
});

test("positionAt() counts lines and columns like a plain loop, for texts in any order", () => {
  const text = fc.string({ unit: fc.constantFrom("a", "b", "\n"), maxLength: 30 });
  const check = (text: string, other: string, offset: number) => {
    const before = text.slice(0, offset).split("\n");
    positionAt(other, 0);
    expect(positionAt(text, Math.min(offset, text.length))).toEqual({
      line: before.length,
      column: (before.at(-1) ?? "").length + 1,
    });
  };
  fc.assert(fc.property(text, text, fc.nat({ max: 31 }), check));
});
