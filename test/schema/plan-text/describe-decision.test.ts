import { expect, test } from "vitest";
import type { Decision } from "../../../schema/flag/flag.ts";
import { describeDecision, describeEffects } from "../../../schema/plan-text/describe-decision.ts";

const sweden = { name: "sweden", if: [["country", "in", ["SE"]]], rollout: 100 } as const;
const staff = { name: "staff", if: [["plan", "in", ["staff"]]], rollout: 100 } as const;

test.each<[Decision | undefined, string]>([
  [undefined, "none"],
  [{ enabled: false }, "off"],
  [{ enabled: true }, "on"],
  [{ enabled: true, rollout: 0.5 }, "0.5 %"],
  [{ enabled: true, rules: [sweden] }, "on, 1 rule"],
  [{ enabled: true, rollout: 10, rules: [sweden, staff] }, "10 %, 2 rules"],
])("describeDecision(%j) is %j", (decision, words) => {
  expect(describeDecision(decision)).toBe(words);
});

test.each<[Decision, Decision, string[]]>([
  [
    { enabled: true, rollout: 10 },
    { enabled: true, rollout: 30 },
    ["20 % more get it, nobody loses it"],
  ],
  [{ enabled: true, rollout: 0.3 }, { enabled: true, rollout: 0.1 }, ["0.2 % lose it"]],
  [{ enabled: true, rollout: 10 }, { enabled: true }, ["90 % more get it, nobody loses it"]],
  [
    { enabled: true, rollout: 10 },
    { enabled: true, rollout: 30, seed: "other" },
    ["other people are inside the rollout"],
  ],
  [
    { enabled: true, rules: [sweden] },
    { enabled: true, rules: [staff] },
    ['rule "staff" is added', 'rule "sweden" is removed'],
  ],
  [
    { enabled: true, rules: [sweden] },
    { enabled: true, rules: [{ ...sweden, rollout: 5 }] },
    ['rule "sweden" gives 5 % instead of 100 %: 95 % of those who match lose it'],
  ],
  [
    { enabled: true, rules: [sweden] },
    { enabled: true, rules: [{ ...sweden, if: staff.if }] },
    ['rule "sweden" changes'],
  ],
  [
    { enabled: true, rules: [sweden, staff] },
    { enabled: true, rules: [staff, sweden] },
    ["rules are in another order"],
  ],
  [{ enabled: false }, { enabled: true, rollout: 10 }, []],
  [{ enabled: true }, { enabled: true }, []],
])("describeEffects() from %j to %j is %j", (before, after, words) => {
  expect(describeEffects({ before, after })).toEqual(words);
});
