import { describe, expect, test } from "vitest";
import type { Definition } from "../../../schema/evaluate/definition.ts";
import { evaluators, expectAgreement } from "./flagd-core.ts";

test("evaluate() and flagd-core agree on value and variant", () => {
  expectAgreement(4_000);
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
