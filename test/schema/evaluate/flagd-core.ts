/** Our evaluator beside the pinned flagd-core, which reads the compiled document with its strict schema. */
import { MemoryStorage } from "@openfeature/flagd-core";
import fc from "fast-check";
import { expect } from "vitest";
import type { DefinedFlags } from "../../../schema/definitions/definitions.ts";
import { toDefinitions } from "../../../schema/definitions/definitions.ts";
import { compileFlagd } from "../../../schema/definitions/flagd.ts";
import { evaluate } from "../../../schema/evaluate/evaluate.ts";
import { context, definitions, type Generated } from "./definitions.ts";

const silent = { error() {}, warn() {}, info() {}, debug() {} };

/** Compares at least `decisions` values and variants of random flags for random callers. */
export function expectAgreement(decisions: number): void {
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
  // Each round has a seed of its own: with that of SEED, all rounds would have the same cases.
  const { seed = Date.now() } = fc.readConfigureGlobal();
  for (let round = 0; compared < decisions; round += 1)
    fc.assert(property, { numRuns: 100, seed: seed + round });
  expect([...reasons].sort()).toEqual(["DEFAULT", "SPLIT", "STATIC", "TARGETING_MATCH"]);
}

export function evaluators({ flags, audiences }: Generated) {
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
