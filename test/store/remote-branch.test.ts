import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { RemoteBranch } from "../../store/remote-branch.ts";
import { TestRepository, temporaryDirectory, testRepository } from "../git/repository.ts";
import { begun, dailyTips, flagRemote, headOf, newClone } from "./writing.ts";

function openBranch(remote: string, directory = newClone()): Promise<RemoteBranch> {
  return RemoteBranch.open(directory, remote, "main");
}

/** A commit on top of the branch that only the clone has. */
function commitIn(branch: RemoteBranch, parent: string): string {
  const clone = new TestRepository(branch.directory);
  return clone.run(["commit-tree", `${parent}^{tree}`, "-p", parent, "-m", "Ours"]);
}

test("push() moves the branch forward", async () => {
  const { bare } = flagRemote();
  const branch = await openBranch(bare.directory);
  const head = await branch.fetch();
  const commit = commitIn(branch, head);
  await branch.push(commit, head);
  expect(headOf(bare)).toBe(commit);
  await branch.push(commit, head); // an answer may be lost, and the push done again
  expect(await branch.contains(commit, head)).toBe(true);
  expect(await branch.contains(head, commit)).toBe(false);
});

test("push() moves no branch that is elsewhere, though it could be moved forward", async () => {
  const { bare, human } = flagRemote();
  const first = headOf(bare);
  const second = human.publish({ "README.md": "Flags!\n" });
  const branch = await openBranch(bare.directory);
  const commit = commitIn(branch, await branch.fetch());
  human.force(first);
  const refused = { name: "RemoteUnavailableError" };
  await expect(branch.push(commit, second)).rejects.toMatchObject(refused);
  expect(headOf(bare)).toBe(first);
  bare.git("update-ref", "-d", "refs/heads/main");
  await expect(branch.push(commit, second)).rejects.toMatchObject(refused);
  expect(bare.git("for-each-ref", "refs/heads/main")).toBe("");
});

test("push() runs no hook of the machine", async () => {
  const { bare } = flagRemote();
  const branch = await openBranch(bare.directory);
  const head = await branch.fetch();
  const hooks = temporaryDirectory();
  writeFileSync(path.join(hooks, "pre-push"), "#!/bin/sh\nexit 1\n", { mode: 0o755 });
  execFileSync("git", ["config", "core.hooksPath", hooks], { cwd: branch.directory });
  await branch.push(commitIn(branch, head), head);
  expect(headOf(bare)).not.toBe(head);
});

test("fetch() remembers what it accepted, for the next process too", async () => {
  const { bare, human } = flagRemote();
  const branch = await openBranch(bare.directory);
  expect(branch.accepted).toBeUndefined();
  const head = await branch.fetch();
  expect(branch.accepted).toBe(head);
  const next = await openBranch(bare.directory, branch.directory);
  expect(next.accepted).toBe(head);
  human.git("switch", "--quiet", "--orphan", "other");
  human.force(human.change(begun, { [dailyTips]: "enabled: true\n" }));
  const lost = { name: "RemoteRewoundError", message: expect.stringContaining("--accept-remote") };
  await expect(next.fetch()).rejects.toMatchObject(lost);
  await expect(next.fetch()).rejects.toMatchObject(lost);
  next.forget();
  expect(await next.fetch()).toBe(headOf(bare));
});

test("open() takes no repository that lies around the clone for the clone", async () => {
  const { bare } = flagRemote();
  const around = testRepository();
  around.change(begun, { "README.md": "Around\n" });
  const before = around.git("for-each-ref");
  const directory = path.join(around.directory, ".data", "clone.git");
  const branch = await openBranch(bare.directory, directory);
  expect(await branch.fetch()).toBe(headOf(bare));
  expect(around.git("for-each-ref")).toBe(before);
});

/** A program in the place of ssh, which says what it was called with. */
function fakeSsh(): string {
  const program = path.join(temporaryDirectory(), "ssh");
  writeFileSync(program, '#!/bin/sh\necho "called with $*" >&2\nexit 1\n', { mode: 0o755 });
  return program;
}

test.each([
  ["git@git.example:flags/flags.git", "git@git.example git-upload-pack 'flags/flags.git'"],
  ["ssh://git@git.example:2222/flags.git", "-p 2222 git@git.example git-upload-pack '/flags.git'"],
  ["git.example:flags", "git.example git-upload-pack 'flags'"],
])("open() knows %s for a remote, and no path", async (remote, call) => {
  const branch = await openBranch(remote);
  process.env.GIT_SSH_COMMAND = fakeSsh();
  try {
    await expect(branch.fetch()).rejects.toThrow(call);
  } finally {
    delete process.env.GIT_SSH_COMMAND;
  }
});

test.each([
  "https://user:pass@127.0.0.1:1/flags.git",
  "https://user:p%40ss@127.0.0.1:1/flags.git",
  "https://user:p@ss@127.0.0.1:1/flags.git",
  "https://token-pass@127.0.0.1:1/flags.git",
  "ssh://user:p@ss@127.0.0.1:1/flags.git",
])("fetch() of %s keeps the password to itself", async (remote) => {
  const branch = await openBranch(remote);
  const error = await branch.fetch().catch((reason) => reason);
  expect(error.name).toBe("RemoteUnavailableError");
  expect(error.message).toContain("127.0.0.1");
  expect(`${error.message} ${error.stack} ${error.cause}`).not.toMatch(/p@ss|p%40ss|pass\b|user/);
});
