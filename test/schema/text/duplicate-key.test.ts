import fc from "fast-check";
import { expect, test } from "vitest";
import { duplicateKey } from "../../../schema/text/duplicate-key.ts";
import { processorTimeMs } from "../../setup/processor-time.ts";

test.each([
  ['{"a":1,"a":2}', "a"],
  ['{"a":1,"\\u0061":2}', "a"],
  ['{ "a" : 1 , "a"\n:2}', "a"],
  ['{"a":{"b":1,"c":[{"d":1,"d":2}]}}', "d"],
  ['{"a":{"x":1},"b":{},"a":1}', "a"],
  ['{"":1,"":2}', ""],
  ['{"a\\"b":1,"a\\"b":2}', 'a"b'],
  ['{"__proto__":1,"__proto__":2}', "__proto__"],
  ['[{"a":1},{"a":2}]', undefined],
  ['{"a":{"a":{"a":1}}}', undefined],
  ['{"a":"a","b":"a"}', undefined],
  ['{"a":"{\\"a\\":1}","b":"a\\\\"}', undefined],
  ['["a","a"]', undefined],
  ['{"constructor":1,"toString":2}', undefined],
  ["1", undefined],
])("duplicateKey(%s) is %j", (text, key) => {
  expect(duplicateKey(text)).toBe(key);
});

const value = fc.jsonValue({ maxDepth: 4 });
const entries = fc.dictionary(fc.string(), value, { minKeys: 1 });

test("duplicateKey() finds an added duplicate, and nothing in the output of JSON.stringify()", () => {
  fc.assert(
    fc.property(entries, value, fc.nat(), (object, other, at) => {
      const text = JSON.stringify(object);
      expect(duplicateKey(text)).toBe(undefined);
      const keys = Object.keys(object);
      const key = keys[at % keys.length] ?? "";
      const twice = `${text.slice(0, -1)},${JSON.stringify(key)}:${JSON.stringify(other)}}`;
      expect(duplicateKey(twice)).toBe(key);
    }),
    { numRuns: 500 },
  );
});

test("duplicateKey() is fast for hostile input", () => {
  const many = `{${Array.from({ length: 3_000 }, (_, index) => `"k${index}":1`).join()}}`;
  const deep = `${'{"a":'.repeat(5_000)}1${"}".repeat(5_000)}`;
  for (const text of [many, deep, JSON.stringify("\\".repeat(16_000)), `"${" ".repeat(32_000)}"`]) {
    const time = processorTimeMs(() => expect(duplicateKey(text)).toBe(undefined));
    expect(time).toBeLessThan(1_000);
  }
});
