/** Our evaluator beside the pinned flagd-core, which reads the compiled document with its strict schema. */
import { MemoryStorage } from "@openfeature/flagd-core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { DefinedFlags } from "../../../schema/compile/definitions.ts";
import { toDefinitions } from "../../../schema/compile/definitions.ts";
import { compileFlagd } from "../../../schema/compile/flagd.ts";
import type { Definition } from "../../../schema/evaluate/definition.ts";
import { evaluate } from "../../../schema/evaluate/evaluate.ts";
import { context, definitions, type Generated } from "./definitions.ts";

/** How many decisions are compared; the whole measure is 100,000. */
const decisions = Number(process.env.EVALUATION_DECISIONS ?? 20_000);
const silent = { error() {}, warn() {}, info() {}, debug() {} };

test(`evaluate() and flagd-core agree on value and variant in ${decisions} decisions`, () => {
  let compared = 0;
  const reasons = new Set<string>();
  const property = fc.property(
    definitions(),
    fc.array(context(), { minLength: 12, maxLength: 12 }),
    (generated, contexts) => {
      const { ours, theirs } = evaluators(generated);
      for (const name of generated.flags.keys()) {
        for (const caller of contexts) {
          compared += 1;
          const { value, variant, reason } = ours(name, caller);
          reasons.add(reason);
          expect(theirs(name, caller), name).toEqual({ value, variant });
        }
      }
    },
  );
  while (compared < decisions) fc.assert(property, { numRuns: 100 });
  expect([...reasons].sort()).toEqual(["DEFAULT", "SPLIT", "STATIC", "TARGETING_MATCH"]);
});

describe("what flagd-core reads in another way", () => {
  test("hashes an id that is not ASCII by its UTF-16 code units, not by its UTF-8 bytes", () => {
    const ids = Array.from({ length: 200 }, (_, at) => `é${at}`);
    const { ours, theirs } = single({ enabled: true, rollout: 50 });
    const differences = ids.filter(
      (targetingKey) =>
        theirs("flag", { targetingKey }).value !== ours("flag", { targetingKey }).value,
    );
    expect(differences.length).toBeGreaterThan(0);
  });

  test.each([" 1.2.3", "1.2.3 ", "vv1.2.3", "v 1.2.3"])("accepts %j as a version", (version) => {
    const { ours, theirs } = single({
      enabled: true,
      rollout: 0,
      rules: [{ name: "new", if: [["app_version", ">=", "1.0.0"]], rollout: 100 }],
    });
    expect(ours("flag", { app_version: version }).value).toBe(false);
    expect(theirs("flag", { app_version: version }).value).toBe(true);
  });
});

function single(definition: Definition) {
  return evaluators({ flags: new Map([["flag", definition]]), audiences: new Map() });
}

function evaluators({ flags, audiences }: Generated) {
  const defined: DefinedFlags = {
    environment: "production",
    audiences,
    flags: [...flags].map(([name, definition]) => ({
      name,
      description: `Describes ${name}`,
      owner: "team",
      private: false,
      definition,
    })),
  };
  const storage = new MemoryStorage(silent);
  // The storage validates against the strict schema; FlagdCore does not pass this argument.
  storage.setConfigurations(compileFlagd(defined), true);
  const document = toDefinitions(defined);
  return {
    ours: (name: string, caller: Record<string, unknown>) => evaluate(document, name, caller),
    theirs: (name: string, caller: Record<string, unknown>) => {
      const answer = storage.getFlag(name)?.evaluate(caller as never, silent);
      return { value: answer?.value, variant: answer?.variant };
    },
  };
}
