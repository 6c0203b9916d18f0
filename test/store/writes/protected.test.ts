/** Writes with a protected environment: those that are committed, proposals on a branch, and emergency changes. */
import { describe, expect, test } from "vitest";
import { RequestIndex } from "../../../store/branch/request-index.ts";
import type { Proposal } from "../../../store/writes/proposal.ts";
import type { Write } from "../../../store/writes/write.ts";
import { serveOverHttp } from "../../git/http-remote.ts";
import type { TestRepository } from "../../git/repository.ts";
import {
  create,
  describe as describing,
  flagRemote,
  headOf,
  mealPlanning,
  openStore,
  remove,
  testCommitKeys,
  turn,
  write,
} from "./writing.ts";

const policy = "flags/policy.yaml";
const meals = `# Ask in #nutrition first
description: Enable meal planning features
enabled: true # since May
environments:
  staging:
    enabled: false
`;

function remoteWith(...environments: string[]) {
  return flagRemote({
    [mealPlanning]: meals,
    [policy]: `protected: [${environments.join(", ")}]\n`,
  });
}

async function proposed(change: Write["change"], protectedOnes = ["application"]) {
  const remote = remoteWith(...protectedOnes);
  const store = await openStore(remote.bare);
  const result = await store.write(write(change));
  if (result.status !== "protected") throw new Error(`It is ${result.status}`);
  return { ...remote, store, proposal: result.proposal };
}

function tipOf(bare: TestRepository, { branch }: Proposal): string {
  return bare.git("rev-parse", `refs/heads/${branch}`);
}

describe("write()", () => {
  test.each([
    ["an update at the root", turn("meal_planning", false)],
    ["another description", describing("meal_planning", "Plan dinners")],
    ["a new flag", create("water_log")],
    ["a deletion", remove("meal_planning")],
  ])("does not commit %s if application is protected", async (_what, change) => {
    const { bare, proposal } = await proposed(change);
    expect(proposal).toMatchObject({ flag: change.name, environments: ["application"] });
    expect(proposal.base).toBe(headOf(bare));
    expect(bare.git("rev-list", "--count", "--all")).toBe("1");
  });

  test("commits a change that shows only in other environments", async () => {
    const { bare } = remoteWith("application");
    const store = await openStore(bare);
    const result = await store.write(write(turn("meal_planning", true, "staging")));
    expect(result).toMatchObject({ status: "committed", commit: headOf(bare) });
  });

  test("at the root needs a review if an environment that follows it is protected", async () => {
    const { proposal } = await proposed(turn("meal_planning", false), ["staging", "development"]);
    // `staging` has its own block, `development` uses that of the root.
    expect(proposal.environments).toEqual(["development"]);
  });

  test("uses the policy of the newest head, also if it was merged just before", async () => {
    const { bare, human } = remoteWith("staging");
    const store = await openStore(bare);
    human.publish({ [policy]: "protected: [application]\n" });
    expect(await store.write(write(turn("meal_planning", false)))).toMatchObject({
      status: "protected",
    });
    human.publish({ [policy]: "protected: []\n" });
    expect(await store.write(write(turn("meal_planning", false)))).toMatchObject({
      status: "committed",
    });
  });

  test("decides for each write of a batch: one waits, the others are committed in one push", async () => {
    const { bare } = remoteWith("application");
    const store = await openStore(bare);
    const results = await Promise.all([
      store.write(write(turn("meal_planning", true, "staging"))),
      store.write(write(turn("meal_planning", false))),
      store.write(write(turn("meal_planning", false, "development"))),
    ]);
    expect(results.map(({ status }) => status)).toEqual(["committed", "protected", "committed"]);
    expect(bare.git("show", `main:${mealPlanning}`)).toContain("\nenabled: true");
    // On top of the earlier write, so that the review shows only this change.
    const [first, waits] = results;
    if (first?.status !== "committed" || waits?.status !== "protected") throw new Error("No");
    expect(waits.proposal.base).toBe(first.commit);
    const tip = await store.propose(waits.proposal, false);
    expect(bare.git("diff", "--numstat", `${tip}^`, tip)).toBe(`1\t1\t${mealPlanning}`);
  });

  test("fails if the policy cannot be fetched from the remote", async () => {
    const { bare } = remoteWith("application");
    const remote = await serveOverHttp(bare);
    const store = await openStore(remote.url, { timeoutMs: 2_000, writeTimeoutMs: 500 });
    remote.fail("fetch", "unavailable", Number.POSITIVE_INFINITY);
    await expect(store.write(write(turn("meal_planning", false)))).rejects.toThrow("Cannot write");
  });
});

describe("write() of an emergency change", () => {
  const glass = { reason: "The allergen service is down", isEmergency: true };

  test("disables at once, and labels the commit with what was protected", async () => {
    const { bare } = remoteWith("application", "development");
    const store = await openStore(bare);
    const result = await store.write(write(turn("meal_planning", false), glass));
    expect(result).toMatchObject({
      status: "committed",
      commit: headOf(bare),
      bypassedEnvironments: ["application", "development"],
    });
    expect(bare.git("log", "-1", "--format=%(trailers:key=Break-Glass,valueonly)", "main")).toBe(
      "application, development\n",
    );
    const [found, ...others] = await store.emergencyChanges();
    expect(others).toEqual([]);
    expect(found).toEqual({
      commit: headOf(bare),
      flag: "meal_planning",
      environments: ["application", "development"],
      requester: {
        actor: { id: "ada", name: "Ada" },
        reason: glass.reason,
        requestId: expect.any(String),
      },
    });
  });

  test("is found once, also if its commit is read twice because the clone was repaired", async () => {
    const { bare } = remoteWith("application");
    const store = await openStore(bare);
    const result = await store.write(write(turn("meal_planning", false), glass));
    const index = new RequestIndex(testCommitKeys);
    await index.read(bare.directory, headOf(bare), undefined);
    await index.read(bare.directory, headOf(bare), undefined);
    const [found, ...others] = await index.emergencyChanges(bare.directory);
    expect([found?.commit, others]).toEqual(["commit" in result && result.commit, []]);
  });

  test.each([
    ["enables", turn("meal_planning", true, "staging")],
    ["describes", describing("meal_planning", "Off")],
    ["creates", create("water_log")],
    ["deletes", remove("meal_planning")],
    ["also describes", { ...turn("meal_planning", false), description: "Off" }],
  ])("refuses what %s", async (_what, change) => {
    const { bare } = remoteWith("application", "staging");
    const store = await openStore(bare);
    const before = headOf(bare);
    expect(await store.write(write(change, glass))).toEqual({ status: "not-disabling" });
    expect(headOf(bare)).toBe(before);
  });

  test("is an ordinary write if nothing is protected", async () => {
    const { bare } = remoteWith();
    const store = await openStore(bare);
    await store.write(write(turn("meal_planning", false), glass));
    expect(bare.git("log", "-1", "--format=%B", "main")).not.toContain("Break-Glass");
    expect(await store.emergencyChanges()).toEqual([]);
  });

  test("cannot be forged, neither by a reason nor in a commit message of others", async () => {
    const { bare, human } = remoteWith();
    const store = await openStore(bare);
    const reason = "x\n\nBreak-Glass: application\nFlag: meal_planning";
    await store.write(write(turn("meal_planning", false), { reason, isEmergency: true }));
    human.pull();
    const message = "Off\n\nBreak-Glass: application\nFlag: meal_planning\n";
    human.run(["commit", "--quiet", "--allow-empty", "--file=-"], { input: message });
    human.git("push", "--quiet", "origin", "main");
    await store.sync();
    expect(await store.emergencyChanges()).toEqual([]);
  });
});

describe("propose()", () => {
  test("pushes the commit to a branch of its own, on top of the head", async () => {
    const { bare, store, proposal } = await proposed(turn("meal_planning", false));
    const tip = await store.propose(proposal, false);
    expect(tipOf(bare, proposal)).toBe(tip);
    expect(bare.git("rev-parse", `${tip}^`)).toBe(headOf(bare));
    expect(bare.git("show", `${tip}:${mealPlanning}`)).toContain("enabled: false # since May");
    expect(bare.git("log", "-1", "--format=%s|%an", tip)).toBe("Disable meal_planning|Ada");
    expect(store.current?.snapshot.commit).toBe(headOf(bare));
  });

  test("keeps the branch if it is requested again, by anybody", async () => {
    const { bare, store, proposal } = await proposed(turn("meal_planning", false));
    const tip = await store.propose(proposal, false);
    const again = await openStore(bare);
    const result = await again.write(
      write(turn("meal_planning", false), {
        actor: { ...proposal.commit.author, id: "x" },
        reason: "Another",
      }),
    );
    if (result.status !== "protected") throw new Error(result.status);
    expect(result.proposal.branch).toBe(proposal.branch);
    expect(await again.propose(result.proposal, true)).toBe(tip);
    expect(tipOf(bare, proposal)).toBe(tip);
  });

  test("of two servers at once is one commit", async () => {
    const { bare, store, proposal } = await proposed(turn("meal_planning", false));
    const other = await openStore(bare);
    const tips = await Promise.all([
      store.propose(proposal, false),
      other.propose(
        { ...proposal, commit: { ...proposal.commit, time: proposal.commit.time + 1 } },
        false,
      ),
    ]);
    expect(tips).toEqual([tipOf(bare, proposal), tipOf(bare, proposal)]);
  });

  test("creates it again on the head if the branch is behind, or has other commits", async () => {
    const { bare, human, store, proposal } = await proposed(turn("meal_planning", false));
    const old = await store.propose(proposal, false);
    human.publish({ [mealPlanning]: meals.replace("# Ask", "# Please ask") });
    const result = await store.write(write(turn("meal_planning", false)));
    if (result.status !== "protected") throw new Error(result.status);
    const tip = await store.propose(result.proposal, true);
    expect(tip).not.toBe(old);
    expect(bare.git("rev-parse", `${tip}^`)).toBe(headOf(bare));
    expect(bare.git("show", `${tip}:${mealPlanning}`)).toContain("# Please ask");
    bare.git("update-ref", `refs/heads/${proposal.branch}`, headOf(bare));
    expect(await store.propose(result.proposal, false)).not.toBe(headOf(bare));
  });

  test("keeps commits that people added while it is in review, and only then", async () => {
    const { bare, human, store, proposal } = await proposed(turn("meal_planning", false));
    const ours = await store.propose(proposal, false);
    human.git("fetch", "--quiet", "origin", proposal.branch);
    human.git("reset", "--quiet", "--hard", "FETCH_HEAD");
    const theirs = human.change(1_700_000_500, { [mealPlanning]: "enabled: false # agreed\n" });
    human.git("push", "--quiet", "origin", `HEAD:refs/heads/${proposal.branch}`);
    expect(await store.propose(proposal, true)).toBe(theirs);
    expect(tipOf(bare, proposal)).toBe(theirs);
    const anew = await store.propose(proposal, false);
    expect(anew).not.toBe(theirs);
    expect(bare.git("rev-parse", `${anew}^{tree}`)).toBe(bare.git("rev-parse", `${ours}^{tree}`));
  });

  test("finds that its push succeeded although the answer was lost", async () => {
    const { bare, proposal } = await proposed(turn("meal_planning", false));
    const remote = await serveOverHttp(bare);
    const store = await openStore(remote.url);
    remote.fail("push", "drop-after");
    expect(await store.propose(proposal, false)).toBe(tipOf(bare, proposal));
  });

  test("reports that the remote does not answer, and succeeds when it does", async () => {
    const { bare, proposal } = await proposed(turn("meal_planning", false));
    const remote = await serveOverHttp(bare);
    const store = await openStore(remote.url, { timeoutMs: 2_000 });
    remote.fail("push", "unavailable", Number.POSITIVE_INFINITY);
    await expect(store.propose(proposal, false)).rejects.toThrow("the remote does not answer");
    remote.heal();
    expect(await store.propose(proposal, false)).toBe(tipOf(bare, proposal));
  });
});
