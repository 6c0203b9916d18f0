import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Definition, Definitions } from "../../../schema/evaluate/definition.ts";
import { evaluate } from "../../../schema/evaluate/evaluate.ts";
import { processorTimeMs } from "../../setup/processor-time.ts";
import { context, definitions } from "./definitions.ts";

const colours = [
  ["green", "#0a7"],
  ["orange", "#d50"],
] as const;

function evaluateOne(definition: Definition, caller?: Record<string, unknown> | null) {
  return evaluate({ flags: { flag: definition } }, "flag", caller);
}

describe("evaluate() answers", () => {
  const on = { value: true, variant: "on" };
  const off = { value: false, variant: "off" };
  const green = { value: "#0a7", variant: "green" };
  const orange = { value: "#d50", variant: "orange" };
  const swedes = [["country", "in", ["SE"]]] as const;
  const rules = {
    full: { name: "swedes", if: swedes, rollout: 100 },
    none: { name: "swedes", if: swedes, rollout: 0 },
    tenth: { name: "swedes", if: swedes, rollout: 10 },
    orange: { name: "swedes", if: swedes, variant: "orange" },
  };
  const swede = { targetingKey: "u1", country: "SE" };
  const dane = { targetingKey: "u1", country: "DK" };

  test.each<[string, Definition, Record<string, unknown> | null | undefined, object]>([
    ["a plain flag", { enabled: true }, undefined, { ...on, reason: "STATIC" }],
    ["a disabled flag", { enabled: false }, null, { ...off, reason: "STATIC" }],
    [
      "a disabled flag with rules and variants",
      { enabled: false, variants: colours, rules: [rules.full] },
      swede,
      { ...green, reason: "STATIC" },
    ],
    ["a rollout of 0", { enabled: true, rollout: 0 }, swede, { ...off, reason: "DEFAULT" }],
    // "flag:u1" is in bucket 10,057 (mmh3 for Python).
    ["a caller inside", { enabled: true, rollout: 10.058 }, swede, { ...on, reason: "SPLIT" }],
    ["a caller outside", { enabled: true, rollout: 10.057 }, swede, { ...off, reason: "DEFAULT" }],
    ["no id", { enabled: true, rollout: 99.999 }, {}, { ...off, reason: "DEFAULT" }],
    [
      "an empty id",
      { enabled: true, rollout: 99.999 },
      { targetingKey: "" },
      { ...off, reason: "DEFAULT" },
    ],
    ["no id and a rollout of 100", { enabled: true, rules: [] }, {}, { ...on, reason: "STATIC" }],
    [
      "a rule that matches",
      { enabled: true, rollout: 0, rules: [rules.full] },
      swede,
      { ...on, reason: "TARGETING_MATCH", rule: "swedes" },
    ],
    [
      "a rule that excludes",
      { enabled: true, rules: [rules.none] },
      swede,
      { ...off, reason: "DEFAULT", rule: "swedes" },
    ],
    [
      "a rule that does not match",
      { enabled: true, rules: [rules.none] },
      dane,
      { ...on, reason: "SPLIT" },
    ],
    [
      "the first of two rules",
      { enabled: true, rules: [rules.full, rules.none] },
      swede,
      { ...on, reason: "TARGETING_MATCH", rule: "swedes" },
    ],
    [
      "a rule with a percentage that leaves the caller out",
      { enabled: true, rules: [rules.tenth] },
      swede,
      { ...off, reason: "DEFAULT", rule: "swedes" },
    ],
    [
      "a rule with a variant",
      { enabled: true, rollout: 0, variants: colours, rules: [rules.orange] },
      swede,
      { ...orange, reason: "TARGETING_MATCH", rule: "swedes" },
    ],
    [
      "a rule with a variant, without an id",
      { enabled: true, variants: colours, rules: [rules.orange] },
      { country: "SE" },
      { ...orange, reason: "TARGETING_MATCH", rule: "swedes" },
    ],
    [
      "the control group of an experiment",
      { enabled: true, variants: colours, split: [1, 0] },
      swede,
      { ...green, reason: "SPLIT" },
    ],
    [
      "an experiment, all in one variant",
      { enabled: true, variants: colours, split: [0, 1] },
      swede,
      { ...orange, reason: "SPLIT" },
    ],
    [
      "an experiment without an id",
      { enabled: true, variants: colours },
      {},
      { ...green, reason: "DEFAULT" },
    ],
    [
      "outside of an experiment",
      { enabled: true, variants: colours, rollout: 0 },
      swede,
      { ...green, reason: "DEFAULT" },
    ],
  ])("%s", (_, definition, caller, answer) => {
    expect(evaluateOne(definition, caller)).toEqual(answer);
  });

  test("a definition that is null, and a required name such as constructor, count as missing", () => {
    const missing = { reason: "ERROR", errorCode: "FLAG_NOT_FOUND" };
    const flags = { empty: null, dependent: { enabled: true, requires: ["empty"] } };
    expect(evaluate({ flags } as never, "empty")).toEqual(missing);
    expect(evaluate({ flags } as never, "dependent")).toMatchObject({ ...off, reason: "DEFAULT" });
    for (const name of ["constructor", "__proto__", "toString"]) {
      const dependent = { enabled: true, requires: [name] };
      const evaluation = evaluate({ flags: { dependent } }, "dependent");
      expect(evaluation).toMatchObject({ ...off, reason: "DEFAULT" });
    }
  });

  test("an unknown flag with an error, for any name", () => {
    const answer = {
      reason: "ERROR",
      errorCode: "FLAG_NOT_FOUND",
    };
    for (const name of ["other", "__proto__", "constructor", ""]) {
      expect(evaluate({ flags: { flag: { enabled: true } } }, name, {})).toEqual(answer);
    }
  });

  test("numbers and booleans hashed as their text, and nothing for lists and objects", () => {
    const definition = { enabled: true, rollout: 99.999, bucket: "clinic" };
    const texts = Array.from({ length: 50 }, (_, at) => at * 1.5 - 20);
    for (const clinic of [...texts, true, false]) {
      expect(evaluateOne(definition, { clinic })).toEqual(
        evaluateOne(definition, { clinic: `${clinic}` }),
      );
    }
    for (const clinic of [["a"], { a: 1 }, new Date(0), null, () => "a", Symbol("a"), 10n]) {
      expect(evaluateOne(definition, { clinic }).value).toBe(false);
    }
  });

  test("by the seed and by the attribute of `bucket`", () => {
    const seeded = { enabled: true, rollout: 50, seed: "old_name", bucket: "household" };
    const old = { flags: { old_name: { enabled: true, rollout: 50 } } };
    for (let at = 0; at < 200; at++) {
      const caller = { household: `h${at}`, targetingKey: "same" };
      expect(evaluateOne(seeded, caller).value).toBe(
        evaluate(old, "old_name", { targetingKey: `h${at}` }).value,
      );
    }
  });
});

describe("evaluate() with `requires`", () => {
  const flags: Definitions["flags"] = {
    on: { enabled: true },
    off: { enabled: false },
    half: { enabled: true, rollout: 50 },
    colour: { enabled: true, variants: colours },
  };
  const answer = (requires: readonly string[], targetingKey = "u1") =>
    evaluate({ flags: { ...flags, flag: { enabled: true, requires } } }, "flag", { targetingKey });

  test("is on if every required flag is on", () => {
    expect(answer(["on"])).toMatchObject({ value: true, reason: "STATIC" });
    expect(answer(["on", "off"])).toMatchObject({ value: false, reason: "DEFAULT" });
    expect(answer(["missing"])).toMatchObject({ value: false, reason: "DEFAULT" });
    expect(answer(["colour"])).toMatchObject({ value: false, reason: "DEFAULT" });
  });

  test("follows the required flag's own seed, and is not STATIC then", () => {
    for (let at = 0; at < 100; at++) {
      const id = `u${at}`;
      const half = evaluate({ flags }, "half", { targetingKey: id });
      expect(answer(["half"], id)).toMatchObject({ value: half.value, reason: half.reason });
    }
  });

  test("follows five levels, and is off behind more or in a cycle", () => {
    const chain = (length: number) =>
      Object.fromEntries(
        Array.from({ length }, (_, at) => [
          `f${at}`,
          { enabled: true, requires: at + 1 < length ? [`f${at + 1}`] : [] },
        ]),
      );
    expect(evaluate({ flags: chain(6) }, "f0").value).toBe(true);
    expect(evaluate({ flags: chain(7) }, "f0").value).toBe(false);
    expect(evaluate({ flags: { a: { enabled: true, requires: ["a"] } } }, "a").value).toBe(false);
  });

  /** Each flag of a level requires all flags of the next one. */
  function levelsOf(...sizes: readonly number[]): Record<string, Definition> {
    const names = sizes.map((size, level) =>
      Array.from({ length: size }, (_, at) => `level${level}_${at}`),
    );
    return Object.fromEntries(
      names.flatMap((own, level) =>
        own.map((name) => [name, { enabled: true, requires: names[level + 1] ?? [] }]),
      ),
    );
  }

  test("reads as many required flags as valid files can have, and no more in any document", () => {
    // 1 + 10 + 10 × 99 flags.
    expect(evaluate({ flags: levelsOf(1, 10, 99) }, "level0_0").value).toBe(true);
    expect(evaluate({ flags: levelsOf(1, 10, 100) }, "level0_0").value).toBe(false);
    const time = processorTimeMs(() =>
      expect(evaluate({ flags: levelsOf(1, 500, 500, 500, 500) }, "level0_0").value).toBe(false),
    );
    expect(time).toBeLessThan(1_000);
  });
});

describe("evaluate() never throws", () => {
  const traps = [
    new Proxy(
      {},
      {
        get: () => {
          throw new Error("trap");
        },
      },
    ),
    {
      get targetingKey() {
        throw new Error("trap");
      },
    },
    {
      targetingKey: {
        toString() {
          throw new Error("trap");
        },
      },
      country: Symbol("SE"),
    },
    Object.create(null),
    "text",
    5,
    Number.NaN,
    [],
    () => {},
    Symbol("context"),
    null,
    undefined,
  ];

  test("for any context", () => {
    const callers = fc.oneof(context(), fc.constantFrom(...traps), fc.anything());
    const property = fc.property(definitions(), callers, ({ flags, audiences }, caller) => {
      const document = {
        flags: Object.fromEntries(flags),
        audiences: Object.fromEntries(audiences),
      };
      for (const name of flags.keys()) evaluate(document, name, caller as never);
    });
    fc.assert(property, { numRuns: 500 });
  });

  test("for any definitions", () => {
    const flag = fc.record(
      {
        enabled: fc.anything(),
        rollout: fc.anything(),
        rules: fc.oneof(
          fc.anything(),
          fc.array(fc.record({ if: fc.array(fc.array(fc.anything())) })),
        ),
        variants: fc.oneof(fc.anything(), fc.array(fc.array(fc.anything()))),
        split: fc.anything(),
        requires: fc.oneof(fc.anything(), fc.constant(["flag"])),
        bucket: fc.anything(),
        seed: fc.anything(),
      },
      { requiredKeys: [] },
    );
    const documents = fc.oneof(fc.anything(), fc.record({ flags: fc.record({ flag }) }));
    const property = fc.property(documents, context(), (document, caller) => {
      const { reason, errorCode } = evaluate(document as never, "flag", caller);
      expect(reason === "ERROR").toBe(errorCode !== undefined);
    });
    fc.assert(property, { numRuns: 1_000 });
  });
});
