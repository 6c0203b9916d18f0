/** `--base` of `plan` and `comment` in clones whose default branch is not `main`. */
import { describe, expect, test } from "vitest";
import { type TestRepository, testRepository } from "../../git/repository.ts";
import { runScript } from "../setup/run.ts";

const file = "flags/billing/new_cart.yaml";
const flag = (enabled: boolean) =>
  `description: Show the cart\nenabled: ${enabled}\nowner: billing\n`;

/** One commit on `master`. */
function onMaster(): TestRepository {
  const repository = testRepository();
  repository.change(1_725_105_600, { [file]: flag(false) });
  repository.git("branch", "--move", "master");
  return repository;
}

function withTopic(): TestRepository {
  const repository = onMaster();
  repository.switch("topic");
  repository.change(1_725_105_660, { [file]: flag(true) });
  return repository;
}

/** `origin` has two branches; its default is `master`. The clone is on a third one. */
function cloned(): TestRepository {
  const origin = onMaster();
  origin.git("branch", "release");
  const clone = origin.clone();
  for (const name of ["one", "two"]) clone.git("switch", "--quiet", "--create", name);
  return clone;
}

/** A clone like that of `actions/checkout`: a detached commit, and only remote branches. */
function detached(): TestRepository {
  const clone = onMaster().clone();
  clone.git("remote", "set-head", "origin", "--delete");
  clone.git("checkout", "--quiet", "--detach");
  clone.git("branch", "--delete", "--force", "master");
  return clone;
}

function withThree(): TestRepository {
  const repository = withTopic();
  repository.git("branch", "other");
  return repository;
}

const wanted = "\n  hint: name the branch that the change is merged into: --base";

describe.each([
  ["plan", []],
  ["comment", ["--head", "HEAD", "--dry-run"]],
] as const)("%s without --base", (name, args) => {
  test.each([
    ["the only branch", onMaster, `branches here: master${wanted} master\n`],
    ["the only other branch", withTopic, `branches here: master, topic${wanted} master\n`],
    ["origin's default branch", cloned, `branches here: master, one, two${wanted} master\n`],
    ["the remote's only branch", detached, `branches here: origin/master${wanted} origin/master\n`],
    ["no branch of several", withThree, `branches here: master, other, topic${wanted} BRANCH\n`],
  ])("proposes %s if there is no main", async (_, make, end) => {
    const { directory } = make();
    const { code, stdout, stderr } = await runScript(name, args, { in: directory });
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toBe(`Cannot find "main" in ".": there is no such commit; ${end}`);
    const [base] = /--base (?!BRANCH).*/.exec(stderr) ?? [];
    if (!base) return;
    const again = await runScript(name, [...args, ...base.split(" ")], { in: directory });
    expect(again.code).toBe(0);
  });
});
