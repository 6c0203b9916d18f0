import { describe, expect, test } from "vitest";
import type { Change } from "../../../schema/change/change.ts";
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

function update(change: Partial<Extract<Change, { kind: "update" }>>): Change {
  return { kind: "update", name: "meal_planning", environment: "application", ...change };
}

const disable = update({ enabled: false });

const hostile = {
  actor: { id: "x`", name: "@everyone ``` <img src=x onerror=alert(1)>" },
  reason: "Closes #1\n```\n# Heading\u2028</details> @mealtrack/admins\r\n```",
  requestId: "r-1",
};

describe("branchOf()", () => {
  test("is made of the flag, what is done to it, and a digest", () => {
    expect(proposalBranchName(disable, "Disable meal_planning", before)).toMatch(
      /^bunting\/meal_planning\/disable-[0-9a-f]{12}$/,
    );
    const inStaging = update({ enabled: false, environment: "staging" });
    expect(proposalBranchName(inStaging, "Disable meal_planning in staging", before)).toMatch(
      /^bunting\/meal_planning\/disable-in-staging-[0-9a-f]{12}$/,
    );
  });

  test("is the same for a change with values sent along that are as they were", () => {
    const whole = update({ enabled: false, description: "Plan meals" });
    const subject = "Disable meal_planning";
    expect(proposalBranchName(whole, subject, before)).toBe(
      proposalBranchName(disable, subject, before),
    );
    const dinners = update({ description: "Plan dinners" });
    expect(
      proposalBranchName(
        update({ description: "Plan dinners", enabled: true }),
        "Describe it",
        before,
      ),
    ).toBe(proposalBranchName(dinners, "Describe it", before));
  });

  test("is another for every other change", () => {
    const changes: Change[] = [
      disable,
      update({ enabled: false, environment: "staging" }),
      update({ description: "Plan dinners" }),
      update({ description: "Plan suppers" }),
      update({ enabled: false, description: "Plan suppers" }),
      { kind: "delete", name: "meal_planning" },
      { kind: "create", name: "meal_planning", enabled: true, description: "" },
      { kind: "create", name: "meal_planning", enabled: false, description: "" },
      { kind: "create", name: "meal_planning", enabled: false, description: "x" },
    ];
    const branches = changes.map((change) =>
      proposalBranchName(change, "Change meal_planning", before),
    );
    expect(new Set(branches).size).toBe(changes.length);
  });

  test("tells its flag, and no other branch does", () => {
    expect(flagOfProposalBranch(proposalBranchName(disable, "Disable meal_planning", before))).toBe(
      "meal_planning",
    );
    for (const branch of ["main", "bunting/x", "bunting/../disable-0123456789ab", "a/b/c"]) {
      expect(flagOfProposalBranch(branch)).toBeUndefined();
    }
  });
});

describe("describeProposal()", () => {
  const after = { ...before, enabled: { ...before.enabled, application: false } };
  const change = plan(snapshotOf([before]), { ...snapshotOf([after]), commit: "1".repeat(40) });

  test("has the plan, who asks and why, and what merging does", () => {
    const asked = {
      actor: { id: "bot", name: "Release bot" },
      reason: "Too slow",
      requestId: "r-1",
    };
    const body = describeProposal(change, ["application"], asked);
    expect(body).toContain("**1 flag turns off in application**");
    expect(body).toContain("| `meal_planning` | **on → off** | on | on |");
    expect(body).toContain("actor:   Release bot (bot)\nreason:  Too slow\nrequest: r-1\n");
    expect(body).toContain("`flags/policy.yaml` protects `application`");
  });

  test("keeps hostile words in one block of code, on their own lines", () => {
    const body = describeProposal(change, ["application"], hostile);
    const [outside, block = "", rest] = body.split(/^```.*\n/m);
    expect(block.trimEnd().split("\n")).toHaveLength(3);
    for (const word of ["@everyone", "Closes #1", "# Heading", "</details> @", "<img"]) {
      expect(block).toContain(word);
      expect(outside + (rest ?? "")).not.toContain(word);
    }
  });
});

test("labelsOf() names what is protected", () => {
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
    asked: hostile,
  };

  test("names the flag, the commit and the environments, and can be found again", () => {
    const { title, body } = describeReview(broken);
    expect(title).toBe("Review: meal_planning was disabled in application by break glass");
    expect(body).toContain(`Commit: ${commit}`);
    expect(body).toContain(markerOf({ commit }));
  });

  test("keeps hostile words in one block of code", () => {
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
