import { describe, expect, test } from "vitest";
import type { Definition } from "../../../schema/evaluate/definition.ts";
import { evaluate } from "../../../schema/evaluate/evaluate.ts";
import { fractionOf } from "../../../schema/evaluate/hash.ts";

const callers = Array.from({ length: 100_000 }, (_, at) => ({ targetingKey: `user-${at}` }));

/** The variant of each caller, or `outside`. */
function variantsOf(definition: Definition, name = "new_checkout"): string[] {
  const definitions = { flags: { [name]: definition } };
  return callers.map((caller) => {
    const { reason, variant = "" } = evaluate(definitions, name, caller);
    return reason === "DEFAULT" ? "outside" : variant;
  });
}

/** Percentage of the callers with this variant, among those for which `isCounted` is true. */
function percentage(all: readonly string[], variant: string, isCounted = (_at: number) => true) {
  const counted = all.filter((_, at) => isCounted(at));
  return (100 * counted.filter((other) => other === variant).length) / counted.length;
}

describe("evaluate() over 100,000 ids", () => {
  test.each([0, 0.5, 1, 5, 10, 25, 33.333, 50, 75, 90, 99.5, 100])(
    "gives a rollout of %d to that percentage, within 0.3 points",
    (rollout) => {
      const share = percentage(variantsOf({ enabled: true, rollout }), "on");
      expect(Math.abs(share - rollout)).toBeLessThan(rollout % 100 === 0 ? Number.MIN_VALUE : 0.3);
    },
  );

  test("gives it exactly to the callers in the first of 100,000 buckets", () => {
    const wrong = callers.filter(({ targetingKey }) => {
      const hash = BigInt(fractionOf(`new_checkout:${targetingKey}`) * 2 ** 32);
      const bucket = Number((hash * 100_000n) >> 32n);
      const [outside, inside] = [bucket, bucket + 1].map((count) => {
        const definition = { enabled: true, rollout: count / 1_000 };
        return evaluate({ flags: { new_checkout: definition } }, "new_checkout", { targetingKey });
      });
      return outside?.value !== false || inside?.value !== true;
    });
    expect(wrong).toEqual([]);
  });

  test("divides callers by the weights, within 0.3 points", () => {
    const all = variantsOf({
      enabled: true,
      variants: [
        ["a", 1],
        ["b", 2],
        ["c", 3],
      ],
      split: [50, 30, 20],
    });
    expect(Math.abs(percentage(all, "a") - 50)).toBeLessThan(0.3);
    expect(Math.abs(percentage(all, "b") - 30)).toBeLessThan(0.3);
    expect(Math.abs(percentage(all, "c") - 20)).toBeLessThan(0.3);
  });

  test("divides callers equally without weights, within 0.3 points", () => {
    const all = variantsOf({
      enabled: true,
      variants: [
        ["a", 1],
        ["b", 2],
      ],
    });
    expect(Math.abs(percentage(all, "a") - 50)).toBeLessThan(0.3);
  });

  test("keeps everybody inside, with the same variant, as a rollout grows", () => {
    const variants = [
      ["green", 1],
      ["orange", 2],
      ["blue", 3],
    ] as const;
    let before = variantsOf({ enabled: true, rollout: 0, variants });
    for (const rollout of [0.001, 1, 5, 20, 20.001, 50, 99.999, 100]) {
      const after = variantsOf({ enabled: true, rollout, variants });
      const moved = before.filter((variant, at) => variant !== "outside" && variant !== after[at]);
      expect(moved).toEqual([]);
      before = after;
    }
  });

  test("chooses the variant independently of the rollout", () => {
    const all = variantsOf({
      enabled: true,
      rollout: 20,
      variants: [
        ["a", 1],
        ["b", 2],
      ],
    });
    const share = percentage(all, "a", (at) => all[at] !== "outside");
    // Some 20,000 callers are inside: three standard deviations are 1.06 points.
    expect(Math.abs(share - 50)).toBeLessThan(1.06);
  });

  test("chooses callers of two flags independently, and the same with the same seed", () => {
    const flag = { enabled: true, rollout: 50 };
    const [one, other] = [variantsOf(flag, "one"), variantsOf(flag, "other")];
    expect(Math.abs(percentage(other, "on", (at) => one[at] === "on") - 50)).toBeLessThan(1);
    expect(variantsOf({ ...flag, seed: "one" }, "other")).toEqual(one);
  });
});
