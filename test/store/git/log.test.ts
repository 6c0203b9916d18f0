import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test, vi } from "vitest";
import { type LogCommit, type LogOptions, readLog } from "../../../store/git/log.ts";
import { temporaryDirectory, testRepository } from "../../git/repository.ts";

async function collect(directory: string, options: LogOptions): Promise<LogCommit[]> {
  const commits: LogCommit[] = [];
  for await (const commit of readLog(directory, options)) commits.push(commit);
  return commits;
}

const start = 1_725_105_600;
const message = "Enable meals\n\nBecause \x01 of ü\n\nFlag: meals\n";

/** Three commits, the last of which has `message` and changes two files. */
function repository() {
  const made = testRepository();
  const first = made.change(start, { "flags/a.yaml": "1\n", "flags/b.yaml": "1\n" });
  const second = made.change(start + 1, { "flags/a.yaml": null });
  made.write({ "flags/b.yaml": "2\n", "flags/\x01x\n.yaml": "3\n" });
  made.git("add", "--all");
  made.run(["commit", "--quiet", "--cleanup=verbatim", `--message=${message}`], {
    env: { GIT_COMMITTER_DATE: `@${start + 2} +0000` },
  });
  return { ...made, made, first, second, third: made.git("rev-parse", "HEAD") };
}

describe("readLog()", () => {
  test("reads who made a commit, when, why, and what it changed", async () => {
    const { directory, made, second, third } = repository();
    const [commit] = await collect(directory, { from: [third], maxCount: 1, maxChanges: 10 });
    const before = made.git("rev-parse", `${second}:flags/b.yaml`);
    const after = made.git("rev-parse", `${third}:flags/b.yaml`);
    expect(commit).toEqual({
      id: third,
      tree: made.git("rev-parse", `${third}^{tree}`),
      parents: [second],
      time: start + 2,
      author: { name: "Ada", email: "ada@example.com" },
      committer: { name: "Grace", email: "grace@example.com" },
      message: expect.stringContaining("Enable meals\n\nBecause \x01 of ü\n\nFlag: meals\n"),
      changes: [
        expect.objectContaining({ file: "flags/\x01x\n.yaml", before: undefined }),
        { file: "flags/b.yaml", mode: "100644", before, object: after },
      ],
      hasMoreChanges: false,
    });
  });

  test("stops at a commit with more than `maxChanges` changes", async () => {
    const { directory, first, third } = repository();
    const options = { from: [third], order: "oldest-first", maxChanges: 1 } as const;
    const commits = await collect(directory, options);
    expect(commits.map(({ id, hasMoreChanges }) => [id, hasMoreChanges])).toEqual([[first, true]]);
  });

  test("shortens a long message", async () => {
    const made = testRepository();
    const text = "x".repeat(3_000_000);
    made.run(["commit", "--quiet", "--allow-empty", "--file=-"], { input: `S\n\n${text}\n` });
    const [commit] = await collect(made.directory, { from: [made.git("rev-parse", "HEAD")] });
    expect(commit?.message.length).toBe(65_536);
  });

  test.each(["all", "first-parent"] as const)("leaves out earlier commits (%s)", async (walk) => {
    const { directory, second, third } = repository();
    const commits = await collect(directory, { from: [third], after: second, walk });
    expect(commits.map(({ id }) => id)).toEqual([third]);
  });
});

describe("the configuration of a user", () => {
  /** A home directory with this configuration. */
  function home(configuration: string): string {
    const directory = temporaryDirectory();
    writeFileSync(path.join(directory, ".gitconfig"), configuration);
    mkdirSync(path.join(directory, "hooks"));
    for (const hook of ["reference-transaction", "post-commit", "pre-push"])
      writeFileSync(path.join(directory, "hooks", hook), "#!/bin/sh\nexit 1\n", { mode: 0o755 });
    return directory;
  }

  test.each([
    ["trailer.separators", '[trailer]\n separators = "="\n'],
    ["i18n.logOutputEncoding", "[i18n]\n logOutputEncoding = utf-16\n"],
    ["log.showSignature", "[log]\n showSignature = true\n"],
    ["log.mailmap", "[log]\n mailmap = true\n"],
    ["log.diffMerges", "[log]\n diffMerges = combined\n"],
    ["color.ui", "[color]\n ui = always\n"],
    ["core.quotePath", "[core]\n quotePath = true\n abbrev = 4\n"],
    ["safe.bareRepository", "[safe]\n bareRepository = explicit\n"],
  ])("%s changes nothing", async (_key, configuration) => {
    const { made, third } = repository();
    made.write({ ".mailmap": "Eve <eve@example.com> <grace@example.com>\n" });
    const { directory } = made.clone("--bare");
    const options = { from: [third], maxChanges: 10 };
    const expected = await collect(directory, options);
    vi.stubEnv("HOME", home(configuration));
    vi.stubEnv("GIT_CONFIG_GLOBAL", undefined);
    expect(await collect(directory, options)).toEqual(expected);
  });
});
