import { chownSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test, vi } from "vitest";
import { gitEnvironment } from "../../../store/git/environment.ts";
import { readGit } from "../../../store/git/git.ts";
import { temporaryDirectory, testRepository } from "../../git/repository.ts";

/** A user's configuration. */
function useConfiguration(text: string): void {
  const home = temporaryDirectory();
  writeFileSync(path.join(home, ".gitconfig"), text);
  vi.stubEnv("HOME", home);
}

describe("gitEnvironment()", () => {
  test.each(["GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE", "GIT_TRACE", "GIT_AUTHOR_NAME"])(
    "drops %s, which belongs to a surrounding git",
    (name) => {
      vi.stubEnv(name, "x");
      expect(gitEnvironment()).not.toHaveProperty(name);
    },
  );

  test.each(["GIT_SSH_COMMAND", "GIT_SSL_CAINFO", "GIT_ASKPASS", "GIT_CONFIG_GLOBAL"])(
    "keeps %s, which the owner of the machine sets",
    (name) => {
      vi.stubEnv(name, "x");
      expect(gitEnvironment()).toHaveProperty(name, "x");
    },
  );

  test("adds settings behind those of the owner", async () => {
    vi.stubEnv("GIT_CONFIG_COUNT", "1");
    vi.stubEnv("GIT_CONFIG_KEY_0", "test.first");
    vi.stubEnv("GIT_CONFIG_VALUE_0", "1");
    const { directory } = testRepository();
    const config = [["test.second", "2"]] as const;
    const args = ["config", "--get-regexp", "^test\\."];
    expect(await readGit(directory, args, { config })).toBe("test.first 1\ntest.second 2\n");
  });
});

describe("git trusts what its owner trusts", () => {
  const isRoot = process.getuid?.() === 0;
  /** A repository of another user. Only root can make one; git simulates it for others. */
  function foreign(): string {
    const { directory } = testRepository();
    if (isRoot)
      for (const one of [directory, path.join(directory, ".git")]) chownSync(one, 65_534, 65_534);
    else vi.stubEnv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1");
    return directory;
  }
  const args = ["rev-parse", "--is-inside-work-tree"];

  test.runIf(isRoot)("not at all without a setting", async () => {
    await expect(readGit(foreign(), args)).rejects.toThrow("dubious ownership");
  });

  test.runIf(isRoot)("by safe.directory in a file", async () => {
    const directory = foreign();
    useConfiguration(`[safe]\n directory = ${directory}\n`);
    expect(await readGit(directory, args)).toBe("true\n");
  });

  test.runIf(isRoot)("by safe.directory in the environment", async () => {
    const directory = foreign();
    vi.stubEnv("GIT_CONFIG_COUNT", "1");
    vi.stubEnv("GIT_CONFIG_KEY_0", "safe.directory");
    vi.stubEnv("GIT_CONFIG_VALUE_0", directory);
    expect(await readGit(directory, args)).toBe("true\n");
  });
});
