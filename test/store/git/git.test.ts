import { createReadStream, existsSync } from "node:fs";
import path from "node:path";
import { expect, test, vi } from "vitest";
import { readGit, streamGit, withoutAdvice } from "../../../store/git/git.ts";
import { testRepository } from "../../git/repository.ts";

test("readGit() returns git's output, and throws git's message if it fails", async () => {
  const { directory } = testRepository();
  expect(await readGit(directory, ["symbolic-ref", "HEAD"])).toBe("refs/heads/main\n");
  await expect(readGit(directory, ["rev-parse", "--verify", "no-such"])).rejects.toThrow(
    'Cannot run "git rev-parse": fatal: Needed a single revision',
  );
  const withOptions = ["--git-dir=.git", "-c", "core.abbrev=4", "rev-parse", "--verify", "no-such"];
  await expect(readGit(directory, withOptions)).rejects.toThrow('Cannot run "git rev-parse"');
});

test.each([
  [
    "a path that is no repository",
    "fatal: '/x.git' does not appear to be a git repository\nfatal: Could not read from remote repository.\n\nPlease make sure you have the correct access rights\nand the repository exists.\n",
    "fatal: '/x.git' does not appear to be a git repository",
  ],
  [
    "a refused key",
    "Warning: Permanently added 'git.example' (ED25519) to the list of known hosts.\r\ngit@git.example: Permission denied (publickey).\r\nfatal: Could not read from remote repository.\n",
    "git@git.example: Permission denied (publickey).",
  ],
  [
    "no other reason",
    "fatal: Could not read from remote repository.\n\nPlease make sure you have the correct access rights\nand the repository exists.\n",
    "fatal: Could not read from remote repository.",
  ],
  [
    "hints",
    "hint: Using 'master' as the name for the initial branch.\nhint:\nfatal: cannot mkdir x: Permission denied\nhint: Disable this message\n",
    "fatal: cannot mkdir x: Permission denied",
  ],
  [
    "what the user has to do",
    "fatal: detected dubious ownership in repository at '/x'\nTo add an exception for this directory, call:\n\n\tgit config --global --add safe.directory /x\n",
    "fatal: detected dubious ownership in repository at '/x'\nTo add an exception for this directory, call:\n\tgit config --global --add safe.directory /x",
  ],
])("withoutAdvice() of %s keeps the reason", (_, output, reason) => {
  expect(withoutAdvice(output)).toBe(reason);
});

test("readGit() sends and reads more than a pipe holds", async () => {
  const repository = testRepository();
  const [object = ""] = repository
    .run(["hash-object", "-w", "--stdin"], { input: "x" })
    .split("\n");
  const input = `${object}\n`.repeat(20_000);
  const output = await readGit(repository.directory, ["cat-file", "--batch"], { input });
  expect(output).toBe(`${object} blob 1\nx\n`.repeat(20_000));
});

test("streamGit() ends git if the caller stops reading", async () => {
  const repository = testRepository();
  const [object = ""] = repository
    .run(["hash-object", "-w", "--stdin"], { input: "x" })
    .split("\n");
  const input = `${object}\n`.repeat(200_000);
  for await (const chunk of streamGit(repository.directory, ["cat-file", "--batch"], { input })) {
    expect(chunk.length).toBeGreaterThan(0);
    break;
  }
});

test("readGit() ends a command that hangs, with all that it started", async () => {
  const repository = testRepository();
  const pipe = path.join(repository.directory, "pipe");
  const hang = `!mkfifo "${pipe}"; exec > "${pipe}"; tail -f /dev/null & echo begun; wait`;
  repository.git("config", "alias.hang", hang);
  const abort = new AbortController();
  const reading = readGit(repository.directory, ["hang"], { signal: abort.signal });
  const failed = expect(reading).rejects.toThrow('Cannot finish "git hang": it took too long');
  await vi.waitUntil(() => existsSync(pipe));
  let output = "";
  for await (const chunk of createReadStream(pipe, "utf8")) {
    output += chunk;
    abort.abort();
  }
  // The pipe has ended, so no process is left that could write into it.
  expect(output).toBe("begun\n");
  await failed;
});

test("readGit() does not start git after its deadline", async () => {
  const { directory } = testRepository();
  const signal = AbortSignal.abort();
  const begun = readGit(directory, ["symbolic-ref", "HEAD", "refs/heads/other"], { signal });
  await expect(begun).rejects.toThrow('Cannot finish "git symbolic-ref": it took too long');
  expect(await readGit(directory, ["symbolic-ref", "HEAD"])).toBe("refs/heads/main\n");
});

test("streamGit() returns all output if the deadline passes after git has ended", async () => {
  const repository = testRepository();
  repository.git("config", "alias.parent", '!echo "$PPID"');
  const { signal } = new AbortController();
  const listen = vi.spyOn(signal, "addEventListener");
  const stream = streamGit(repository.directory, ["parent"], { signal });
  const { value } = await stream.next();
  await vi.waitUntil(() => !isRunning(Number(value)));
  const abort = listen.mock.calls[0]?.[1] as () => void;
  expect(abort).not.toThrow();
  await stream.return(undefined);
});

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
