import { describe, expect, test, vi } from "vitest";
import { temporaryDirectory } from "../../git/repository.ts";
import { type Hosted, hostFlags, workflowRun } from "../../github/hosted.ts";
import { type Proposer, propose } from "../../github/proposal.ts";
import type { Issue } from "../../github/state.ts";
import { runScript } from "../setup/run.ts";

// Timeout of a test that starts many processes on a small machine.
vi.setConfig({ testTimeout: 240_000 });

const file = "flags/nutrition/recipe_import.yaml";
const flag = (enabled: boolean) =>
  `description: Import a recipe\nenabled: ${enabled}\nowner: nutrition\n`;

async function host(): Promise<Hosted> {
  return hostFlags({ [file]: flag(false) });
}

function proposeOn({ clone, github }: Hosted, given: Proposer): Issue {
  return propose(clone, github, { [file]: flag(true) }, given);
}

function check({ github }: Hosted, issue: Issue, ...more: string[]) {
  const args = ["--pull-request", String(issue.number), "--format=json", ...more];
  return runScript("approval", args, { in: temporaryDirectory(), env: github.env });
}

function statusOf({ github }: Hosted, issue: Issue) {
  return github.status(issue.pull?.sha ?? "", "Approval");
}

describe.concurrent("approval", () => {
  test("is pending, fails for the requester's own approval, and succeeds for another one", async () => {
    const hosted = await host();
    const issue = proposeOn(hosted, { requester: "ada" });
    expect((await check(hosted, issue)).code).toBe(0);
    expect(statusOf(hosted, issue)?.state).toBe("pending");

    hosted.github.review(issue, "ada", "APPROVED");
    const own = await check(hosted, issue);
    expect(own).toMatchObject({ code: 0, stderr: "" });
    expect(JSON.parse(own.stdout)).toMatchObject({ pullRequest: issue.number, state: "failure" });
    expect(statusOf(hosted, issue)?.description).toMatch(
      /^Cannot accept a requester's own approval: somebody other than ada, .* must approve/,
    );

    hosted.github.review(issue, "grace", "APPROVED");
    await check(hosted, issue);
    expect(statusOf(hosted, issue)).toMatchObject({ state: "success" });

    // More reviews than fit on one page: the last of them counts.
    hosted.github.review(issue, "grace", "DISMISSED");
    await check(hosted, issue);
    expect(statusOf(hosted, issue)?.state).toBe("failure");
  });

  test("does not accept the approval of a person who may only read", async () => {
    const hosted = await host();
    const issue = proposeOn(hosted, { requester: "ada" });
    hosted.github.state.permissions.set("stranger", "read");
    hosted.github.review(issue, "stranger", "APPROVED");
    await check(hosted, issue);
    expect(statusOf(hosted, issue)?.state).toBe("pending");
  });

  test("does not accept a commit that its requester pushed under another name", async () => {
    const hosted = await host();
    const issue = proposeOn(hosted, { requester: "charles", pushedBy: "ada" });
    hosted.github.review(issue, "ada", "APPROVED");
    await check(hosted, issue);
    expect(statusOf(hosted, issue)?.state).toBe("failure");
  });

  test("fails if the requester's login is unknown", async () => {
    const hosted = await host();
    const issue = proposeOn(hosted, {});
    hosted.github.review(issue, "grace", "APPROVED");
    await check(hosted, issue);
    expect(statusOf(hosted, issue)).toMatchObject({
      state: "failure",
      description: expect.stringContaining('add "github" to the entry of the token'),
    });
  });

  test("--dry-run prints the result and sets no status", async () => {
    const hosted = await host();
    const issue = proposeOn(hosted, { requester: "ada" });
    const { stdout } = await check(hosted, issue, "--dry-run");
    expect(JSON.parse(stdout)).toMatchObject({ state: "pending" });
    expect(hosted.github.state.statuses).toEqual([]);
  });

  test("needs no approval for a pull request that a person opened", async () => {
    const hosted = await host();
    hosted.clone.switch("topic");
    const sha = hosted.clone.change(1_725_105_660, { [file]: flag(true) });
    hosted.push();
    const issue = hosted.github.openPull({ branch: "topic", sha });
    await check(hosted, issue);
    expect(statusOf(hosted, issue)?.state).toBe("success");
  });

  test("finds the pull request of a run, and gives several at one commit the worst status", async () => {
    const hosted = await host();
    const issue = proposeOn(hosted, { requester: "ada" });
    const { branch = "", sha = "" } = issue.pull ?? {};
    hosted.clone.git("push", "--quiet", `file://${hosted.github.bare.directory}`, "main:next");
    hosted.github.openPull({ branch, sha, base: "next" });
    hosted.github.review(issue, "grace", "APPROVED");
    const env = { ...hosted.github.env, ...workflowRun({ commit: sha, branch }) };
    const { code, stdout } = await runScript("approval", [], { in: temporaryDirectory(), env });
    expect(code).toBe(0);
    expect(stdout).toContain("pending: Waiting: somebody other than ada");
    expect(statusOf(hosted, issue)?.state).toBe("pending");
  });
});
