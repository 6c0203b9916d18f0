import fc from "fast-check";
import { expect, test } from "vitest";
import { compileDefinitions } from "../../../schema/definitions/definitions.ts";
import { evaluate } from "../../../schema/evaluate/evaluate.ts";
import { context, definitions } from "../evaluate/definitions.ts";
import { audiences, definedFlag, definedFlags } from "./defined-flags.ts";

const rules = [{ name: "staff", if: [["audience", "is", "staff"]], rollout: 100 }] as const;

test("compileDefinitions() leaves out defaults and what a disabled flag does not use", () => {
  const flags = [
    definedFlag("plain", {
      enabled: true,
      rollout: 100,
      bucket: "targetingKey",
      seed: "plain",
      rules: [],
      requires: [],
    }),
    definedFlag("killed", { enabled: false, rollout: 10, rules, requires: ["plain"] }),
    definedFlag("button", {
      enabled: true,
      variants: [
        ["10", 1],
        ["2", 2],
      ],
      split: [3, 3],
    }),
    definedFlag("Rolled", {
      requires: ["plain"],
      split: [1, 2],
      variants: [
        ["a", "x"],
        ["b", "y"],
      ],
      rules: [{ rollout: 100, if: rules[0].if, name: "staff" }],
      seed: "old",
      bucket: "clinic_id",
      rollout: 0.5,
      enabled: true,
    }),
  ];
  expect(compileDefinitions(definedFlags(flags, audiences))).toBe(
    `${[
      '{"environment":"production","audiences":{"staff":[["email_domain","in",["clinic.example"]]]},"flags":{',
      '"Rolled":{"enabled":true,"rollout":0.5,"bucket":"clinic_id","seed":"old",',
      '"rules":[{"name":"staff","if":[["audience","is","staff"]],"rollout":100}],',
      '"variants":[["a","x"],["b","y"]],"split":[1,2],"requires":["plain"]},',
      '"button":{"enabled":true,"variants":[["10",1],["2",2]]},',
      '"killed":{"enabled":false},"plain":{"enabled":true}}}',
    ].join("")}`,
  );
});

test("compileDefinitions() gives the same bytes in any order, with names that look like numbers", () => {
  const flags = ["b", "a", "10", "2", "__proto__"].map((name) =>
    definedFlag(name, { enabled: true }),
  );
  const text = compileDefinitions(definedFlags(flags, audiences));
  expect(text).toContain(
    '"flags":{"10":{"enabled":true},"2":{"enabled":true},"__proto__":{"enabled":true},"a":',
  );
  expect(compileDefinitions(definedFlags(flags.toReversed(), audiences))).toBe(text);
});

test("compileDefinitions() publishes neither private flags nor the audiences of their rules", () => {
  const flags = definedFlags(
    [
      definedFlag("open", { enabled: true }),
      definedFlag("hidden", { enabled: true, rules }, { private: true }),
    ],
    audiences,
  );
  expect(compileDefinitions(flags)).toBe(
    '{"environment":"production","flags":{"open":{"enabled":true}}}',
  );
  const all = JSON.parse(compileDefinitions(flags, { includePrivate: true }));
  expect(Object.keys(all.flags)).toEqual(["hidden", "open"]);
  expect(Object.keys(all.audiences)).toEqual(["staff"]);
});

test("evaluate() answers the same from the published text as from the definitions", () => {
  const property = fc.property(
    definitions(),
    fc.array(context(), { minLength: 5, maxLength: 5 }),
    (generated, callers) => {
      const all = [...generated.flags].map(([name, definition]) => definedFlag(name, definition));
      const published = JSON.parse(compileDefinitions(definedFlags(all, generated.audiences)));
      const document = {
        flags: Object.fromEntries(generated.flags),
        audiences: Object.fromEntries(generated.audiences),
      };
      for (const name of generated.flags.keys()) {
        for (const caller of callers) {
          expect(evaluate(published, name, caller)).toEqual(evaluate(document, name, caller));
        }
      }
    },
  );
  fc.assert(property, { numRuns: 300 });
});
