import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fractionOf } from "../../../schema/evaluate/hash.ts";

describe("fractionOf()", () => {
  // Computed with mmh3 5.x for Python, which wraps the reference implementation of SMHasher.
  test.each([
    ["", 0],
    ["a", 0x3c2569b2],
    ["ab", 0x9bbfd75f],
    ["abc", 0xb3dd93fa],
    ["abcd", 0x43ed676a],
    ["abcde", 0xe89b9af6],
    ["hello", 0x248bfa47],
    ["hello, world", 0x149bbb7f],
    ["The quick brown fox jumps over the lazy dog", 0x2e4ff723],
    ["new_checkout:user-1", 0x0ab26dd1],
    ["new_checkout:variant:user-1", 0x2ccbd1b3],
    ["new_checkout:42", 0x60ec96f7],
    ["new_checkout:true", 0x96f183da],
    ["å", 0x41861d9c],
    ["日本語", 0xa5a47297],
    ["🍲", 0xb99d5691],
    ["crème:brûlée", 0x00a5e0b6],
    ["x".repeat(255), 0xa86f33ac],
    ["\0\0\0\0", 0x2362f9de],
    ["\x7f\x80", 0xa150d79e],
    // By another program, which gives all values above.
    ["\t\n", 0x251aef8d],
    ["~\x7f ", 0x803e9801],
  ])("of %j is the reference value, divided by 2^32", (text, hash) => {
    expect(fractionOf(text)).toBe(hash / 2 ** 32);
  });

  // Python: (mmh3.hash(text, 0, signed=False) * size) >> 32
  test.each([
    ["new_checkout:user-1", 100_000, 4_178],
    ["new_checkout:variant:user-1", 2, 0],
    ["new_checkout:42", 100_000, 37_861],
    ["crème:brûlée", 100_000, 253],
    ["日本語", 2_097_152, 1_356_942],
    ["", 100_000, 0],
    ["日本語", 2.5, 1],
  ])("of %j is in a bucket among %d: %i", (text, size, bucket) => {
    expect(Math.floor(fractionOf(text) * size)).toBe(bucket);
  });

  test("times a size is `(hash × size) >> 32` in exact integers, for any size up to 2^21", () => {
    const sizes = fc.oneof(fc.integer({ min: 1, max: 2 ** 21 }), fc.constantFrom(100_000, 2 ** 21));
    const property = fc.property(fc.string(), sizes, (text, size) => {
      const exact = (BigInt(fractionOf(text) * 2 ** 32) * BigInt(size)) >> 32n;
      expect(Math.floor(fractionOf(text) * size)).toBe(Number(exact));
    });
    fc.assert(property, { numRuns: 2_000 });
  });
});
