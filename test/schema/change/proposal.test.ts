import { describe, expect, test } from "vitest";
import { isReason } from "../../../schema/change/emergency-change.ts";
import {
  flagOfProposalBranch,
  labelsOf,
  proposalBranchName,
} from "../../../schema/change/proposal.ts";
import { describeProposal } from "../../../schema/github/proposal-text.ts";
import { describeReview, markerOf } from "../../../schema/github/review-issue.ts";
import { plan } from "../../../schema/plan/plan.ts";
import { flagOf, snapshotOf } from "../snapshots.ts";

const before = flagOf("meal_planning", { description: "Plan meals" });

const hostile = {
  actor: { id: "x`", name: "@everyone ``` <img src=x onerror=alert(1)>" },
  reason: "Closes #1\n```\n# Heading\u2028</details> @mealtrack/admins\r\n```",
  requestId: "r-1",
};

const off = { ...before, decisions: { ...before.decisions, application: { enabled: false } } };

describe("proposalBranchName()", () => {
  test("has the flag, the words of the subject, and a full SHA-256", () => {
    const name = proposalBranchName("meal_planning", "Disable meal_planning in staging", {
      before,
      after: off,
    });
    expect(name).toMatch(/^bunting\/meal_planning\/disable-in-staging-[0-9a-f]{64}$/);
  });

  test("is the same for the same effect, with any unchanged values", () => {
    const described = { description: "Plan dinners", updated_at: "later", object: "2" };
    const one = proposalBranchName("meal_planning", "Disable it", { before, after: off });
    const other = proposalBranchName("meal_planning", "Disable it", {
      before: { ...before, ...described },
      after: { ...off, ...described },
    });
    expect(other).toBe(one);
  });

  test("differs for every other effect", () => {
    const changed = (more: object) => ({ before, after: { ...before, ...more } });
    const effects = [
      { before, after: off },
      // The same request has another effect if staging has no block of its own.
      changed({ decisions: { ...off.decisions, staging: { enabled: false } } }),
      changed({ metadata: { issue: "MT-1" } }),
      changed({ description: "Plan dinners" }),
      changed({ description: "Plan suppers" }),
      changed({ ...off, description: "Plan suppers" }),
      changed({ owner: "growth" }),
      { before, after: undefined },
      { before: off, after: undefined },
      { before: undefined, after: before },
      { before: undefined, after: off },
    ];
    const names = effects.map((sides) => proposalBranchName("meal_planning", "Change it", sides));
    expect(new Set(names).size).toBe(effects.length);
  });
});

test("flagOfProposalBranch() reads current and older names, and no others", () => {
  const name = proposalBranchName("meal_planning", "Disable it", { before, after: off });
  expect(flagOfProposalBranch(name)).toBe("meal_planning");
  expect(flagOfProposalBranch("bunting/meal_planning/disable-0123456789ab")).toBe("meal_planning");
  for (const branch of [
    "main",
    "bunting/x",
    "bunting/../disable-0123456789ab",
    "a/b/c",
    `${name}0`,
  ])
    expect(flagOfProposalBranch(branch)).toBeUndefined();
});

describe("describeProposal()", () => {
  const after = { ...before, decisions: { ...before.decisions, application: { enabled: false } } };
  const change = plan(snapshotOf([before]), { ...snapshotOf([after]), commit: "1".repeat(40) });

  test("has the plan, the requester, the reason, and the effect of merging", () => {
    const requester = {
      actor: { id: "bot", name: "Release bot" },
      reason: "Too slow",
      requestId: "r-1",
    };
    const body = describeProposal(change, ["application"], requester);
    expect(body).toContain("**1 flag turns off in application**");
    expect(body).toContain("| `meal_planning` | **on → off** | on | on |");
    expect(body).toContain("actor:   Release bot (bot)\nreason:  Too slow\nrequest: r-1\n");
    expect(body).toContain("`bunting.yaml` protects `application`");
  });

  test("shows hostile text in one code block, on separate lines", () => {
    const body = describeProposal(change, ["application"], hostile);
    const [outside, block = "", rest] = body.split(/^```.*\n/m);
    expect(block.trimEnd().split("\n")).toHaveLength(3);
    for (const word of ["@everyone", "Closes #1", "# Heading", "</details> @", "<img"]) {
      expect(block).toContain(word);
      expect(outside + (rest ?? "")).not.toContain(word);
    }
  });
});

test("labelsOf() names the protected environments", () => {
  expect(labelsOf(["application", "staging"])).toEqual([
    "flag-change",
    "protected: application",
    "protected: staging",
  ]);
});

describe("describeReview()", () => {
  const commit = "9f8e7d6c".repeat(5);
  const broken = {
    commit,
    flag: "meal_planning",
    environments: ["application"],
    requester: hostile,
  };

  test("names the flag, the commit and the environments, and can be found again", () => {
    const { title, body } = describeReview(broken);
    expect(title).toBe("Review: meal_planning was disabled in application by break glass");
    expect(body).toContain(`Commit: ${commit}`);
    expect(body).toContain(markerOf({ commit }));
  });

  test("shows hostile text in one code block", () => {
    const [outside, , rest] = describeReview(broken).body.split(/^```.*\n/m);
    for (const word of ["@everyone", "Closes #1"]) expect(`${outside}${rest}`).not.toContain(word);
  });
});

test.each([
  ["", false],
  ["too short", false],
  ["     spaces     ", false],
  ["\u200b".repeat(10), false],
  ["🍲🍲🍲🍲🍲", false],
  ["ten chars!", true],
  ["The allergen service is down", true],
])("isReason(%j) is %s", (text, isOne) => {
  expect(isReason(text)).toBe(isOne);
});
