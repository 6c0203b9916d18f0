/** A clone of a remote's branch: the remotes that it accepts and follows, and the files that it leaves. */
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test, vi } from "vitest";
import { RemoteBranch } from "../../../store/remote/remote-branch.ts";
import { serveOverHttp } from "../../git/http-remote.ts";
import { TestRepository, temporaryDirectory, testRepository } from "../../git/repository.ts";

const file = "flags/a.yaml";
const start = 1_725_105_600;

/** A bare repository with one commit on `main`. */
function remote(objectFormat = "sha1") {
  const made = testRepository({ objectFormat });
  const head = made.change(start, { [file]: "enabled: true\n" });
  return { made, head, bare: made.clone("--bare") };
}

const newPath = () => path.join(temporaryDirectory(), "clone.git");

describe("open() of a clone that exists", () => {
  test.each([
    ["another remote", (other: string) => [other, "main"]],
    ["another branch", (_: string, own: string) => [own, "release"]],
  ])("refuses %s, and accepts it with --accept-remote", async (_what, choose) => {
    const [{ bare, made }, other] = [remote(), remote()];
    made.git("push", "--quiet", bare.directory, "main:release");
    const directory = newPath();
    const first = await RemoteBranch.open(directory, bare.directory, "main");
    await first.fetch();
    first.record.remember(await first.fetch());
    const [url = "", branch = ""] = choose(other.bare.directory, bare.directory);
    const refused = RemoteBranch.open(directory, url, branch);
    await expect(refused).rejects.toThrow(
      `Cannot use "${directory}": it is a clone of the branch "main" of "${bare.directory}", but the settings name the branch "${branch}" of "${url}"; correct FLAGS_REMOTE`,
    );
    const accepted = await RemoteBranch.open(directory, url, branch, undefined, true);
    expect([accepted.accepted, accepted.record.valid]).toEqual([undefined, undefined]);
    await accepted.fetch();
    await RemoteBranch.open(directory, url, branch);
    await expect(RemoteBranch.open(directory, bare.directory, "main")).rejects.toThrow(
      /FLAGS_DATA/,
    );
  });

  test("accepts another spelling of the URL, with other credentials", async () => {
    const { bare } = remote();
    const http = await serveOverHttp(bare);
    const directory = newPath();
    await (await RemoteBranch.open(directory, http.url, "main")).fetch();
    const url = `${http.url.replace(/\/\/.*@/, "//ada:other@")}/`;
    await expect(RemoteBranch.open(directory, url, "main")).resolves.toBeDefined();
  });

  test("accepts a remote beside it after both were moved", async () => {
    const { bare } = remote();
    const [from, to] = [temporaryDirectory(), path.join(temporaryDirectory(), "moved")];
    renameSync(bare.directory, path.join(from, "remote.git"));
    const open = (at: string) =>
      RemoteBranch.open(path.join(at, "clone.git"), path.join(at, "remote.git"), "main");
    await (await open(from)).fetch();
    renameSync(from, to);
    await (await open(to)).fetch();
  });

  test("accepts a clone without a record, as earlier versions made it, and records it", async () => {
    const [{ bare }, other] = [remote(), remote()];
    const directory = newPath();
    await (await RemoteBranch.open(directory, bare.directory, "main")).fetch();
    rmSync(path.join(directory, "bunting-source.json"));
    await (await RemoteBranch.open(directory, bare.directory, "main")).fetch();
    const opened = RemoteBranch.open(directory, other.bare.directory, "main");
    await expect(opened).rejects.toThrow(/it is a clone of the branch/);
  });

  test.each(["null", "5", "{}", '{"remote":"a"}', "[", ""])(
    "accepts a clone whose record is %o, and writes it again",
    async (text) => {
      const [{ bare }, other] = [remote(), remote()];
      const directory = newPath();
      await (await RemoteBranch.open(directory, bare.directory, "main")).fetch();
      writeFileSync(path.join(directory, "bunting-source.json"), text);
      await (await RemoteBranch.open(directory, bare.directory, "main")).fetch();
      const opened = RemoteBranch.open(directory, other.bare.directory, "main");
      await expect(opened).rejects.toThrow(/it is a clone of the branch/);
    },
  );

  test("may name any remote before the first fetch", async () => {
    const directory = newPath();
    const wrong = await RemoteBranch.open(directory, "/no/such/remote", "main");
    await expect(wrong.fetch()).rejects.toThrow("Cannot reach the remote");
    const { bare, head } = remote();
    expect(await (await RemoteBranch.open(directory, bare.directory, "main")).fetch()).toBe(head);
  });
});

describe("fetch()", () => {
  test("of several callers at once takes turns, and each gets the head", async () => {
    const { bare, head } = remote();
    const branch = await RemoteBranch.open(newPath(), bare.directory, "main");
    const heads = await Promise.all([1, 2, 3].map(() => branch.fetch()));
    expect(heads).toEqual([head, head, head]);
  });

  test.each(["path", "http"])(
    "follows a remote of SHA-256 objects by %s, and pushes to it",
    async (by) => {
      const { bare, head, made } = remote("sha256");
      const url = by === "http" ? (await serveOverHttp(bare)).url : bare.directory;
      const branch = await RemoteBranch.open(newPath(), url, "main");
      expect(await branch.fetch()).toBe(head);
      expect(head).toHaveLength(64);
      const next = made.change(start + 1, { [file]: "enabled: false\n" });
      made.git("push", "--quiet", bare.directory, "main");
      expect(await branch.fetch()).toBe(next);
    },
  );

  test("refuses objects of another format than those it has accepted", async () => {
    const directory = newPath();
    const [old, other] = [remote(), remote("sha256")];
    const branch = await RemoteBranch.open(directory, old.bare.directory, "main");
    await branch.fetch();
    renameSync(old.bare.directory, `${old.bare.directory}.old`);
    renameSync(other.bare.directory, old.bare.directory);
    await expect(branch.fetch()).rejects.toThrow(
      'Cannot follow "main": its objects are sha256, those of the clone sha1; see what happened to it, then start with --accept-remote',
    );
    branch.record.remember(old.head);
    const [url, another] = [old.bare.directory, remote().bare.directory];
    const accepting = await RemoteBranch.open(directory, url, "main", undefined, true);
    accepting.record.forget();
    expect(await accepting.fetch()).toBe(other.head);
    expect(new TestRepository(directory).git("fsck")).toBe("");
    await expect(RemoteBranch.open(directory, another, "main")).rejects.toThrow(/it is a clone of/);
  });

  test("refuses a remote that is shallow, with the reason", async () => {
    const { made } = remote();
    made.change(start + 1, { [file]: "enabled: false\n" });
    const shallow = made.clone("--bare", "--depth=1");
    const branch = await RemoteBranch.open(newPath(), shallow.directory, "main");
    await expect(branch.fetch()).rejects.toThrow(
      'Cannot follow "main": the remote is a shallow clone, which lacks a part of its history; run there: git fetch --unshallow',
    );
    shallow.git("fetch", "--quiet", "--unshallow", `file://${made.directory}`);
    expect(await branch.fetch()).toBe(made.git("rev-parse", "HEAD"));
  });

  test.each(["path", "http"])(
    "refuses a remote that becomes shallow later by %s, keeps its commits, and continues when the remote is complete",
    async (by) => {
      const { bare, made } = remote();
      const url = by === "http" ? (await serveOverHttp(bare)).url : bare.directory;
      const branch = await RemoteBranch.open(newPath(), url, "main");
      const accepted = await branch.fetch();
      for (const at of [1, 2]) made.change(start + at, { [file]: `enabled: ${at === 1}\n` });
      made.git("push", "--quiet", bare.directory, "main");
      const whole = `${bare.directory}.whole`;
      renameSync(bare.directory, whole);
      renameSync(made.clone("--bare", "--depth=1").directory, bare.directory);
      await expect(branch.fetch()).rejects.toThrow(
        'Cannot follow "main": the remote is a shallow clone, which lacks a part of its history; run there: git fetch --unshallow',
      );
      const clone = new TestRepository(branch.directory);
      expect([branch.accepted, clone.git("rev-parse", "--is-shallow-repository")]).toEqual([
        accepted,
        "false",
      ]);
      expect(clone.git("rev-list", "--count", accepted)).toBe("1");
      renameSync(bare.directory, `${bare.directory}.shallow`);
      renameSync(whole, bare.directory);
      expect(await branch.fetch()).toBe(made.git("rev-parse", "HEAD"));
    },
  );

  test("leaves no unfinished pack behind when it fails", async () => {
    const { bare, made } = remote();
    const directory = newPath();
    const branch = await RemoteBranch.open(directory, bare.directory, "main");
    await branch.fetch();
    const leftovers = ["objects/pack/tmp_pack_x", "objects/12/tmp_obj_x", "refs/heads/main.lock"];
    made.change(start + 1, { [file]: "enabled: false\n" });
    made.git("push", "--quiet", bare.directory, "main");
    for (const leftover of leftovers) {
      execFileSync("mkdir", ["-p", path.join(directory, path.dirname(leftover))]);
      writeFileSync(path.join(directory, leftover), "x");
    }
    renameSync(bare.directory, `${bare.directory}.gone`);
    await expect(branch.fetch()).rejects.toThrow();
    for (const leftover of leftovers)
      expect(existsSync(path.join(directory, leftover))).toBe(false);
  });
});

describe("credentials in the URL", () => {
  test("reach the remote, and are in no arguments of a process", async () => {
    const { bare, head } = remote();
    const { url, secrets } = await serveOverHttp(bare);
    const seen = watchArguments();
    const branch = await RemoteBranch.open(newPath(), url, "main");
    expect(await branch.fetch()).toBe(head);
    await branch.push(head, head);
    const commands = seen();
    expect(commands.some((command) => command.includes("git-remote-http"))).toBe(true);
    const shown = commands.filter((command) => secrets.some((secret) => command.includes(secret)));
    expect(shown).toEqual([]);
  });

  test("are in no message if they are wrong", async () => {
    const { bare } = remote();
    const { url } = await serveOverHttp(bare);
    const wrong = url.replace(/\/\/.*@/, "//ada:SECRET%2Fword@");
    const branch = await RemoteBranch.open(newPath(), wrong, "main");
    const error = await branch.fetch().catch(({ message }) => message as string);
    expect(error).toContain("Cannot reach the remote: ");
    expect(error).not.toContain("SECRET");
  });

  test("are not stored by a helper of the owner", async () => {
    const store = path.join(temporaryDirectory(), "store");
    configureHelper(`store --file=${store}`);
    const { bare } = remote();
    await (await RemoteBranch.open(newPath(), (await serveOverHttp(bare)).url, "main")).fetch();
    expect(existsSync(store)).toBe(false);
  });

  test("are not needed if a helper of the owner has them", async () => {
    const { bare, head } = remote();
    const { url } = await serveOverHttp(bare);
    const { username, password } = new URL(url);
    configureHelper(
      `!f() { echo username=${username}; echo "password=${decodeURIComponent(password)}"; }; f`,
    );
    for (const other of [url.replace(/\/\/.*@/, "//"), url.replace(/:[^:]*@/, "@")])
      expect(await (await RemoteBranch.open(newPath(), other, "main")).fetch()).toBe(head);
  });

  function configureHelper(helper: string): void {
    const home = temporaryDirectory();
    const configuration = `[credential]\n helper = ${JSON.stringify(helper)}\n`;
    writeFileSync(path.join(home, ".gitconfig"), configuration);
    vi.stubEnv("HOME", home);
  }

  /** Records the arguments of all processes from now on. */
  function watchArguments(): () => string[] {
    const commands = new Set<string>();
    const look = () => {
      for (const id of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
        try {
          commands.add(readFileSync(`/proc/${id}/cmdline`, "utf8").replaceAll("\0", " "));
        } catch {
          // The process has ended.
        }
      }
    };
    const timer = setInterval(look, 1);
    return () => {
      clearInterval(timer);
      return [...commands];
    };
  }
});

describe("hooks of the user's configuration", () => {
  /** A home directory whose configuration names hooks that refuse everything. */
  function configureHooks(): void {
    const home = temporaryDirectory();
    const hooks = path.join(home, "hooks");
    execFileSync("mkdir", [hooks]);
    for (const hook of ["reference-transaction", "pre-push", "pre-receive", "update"])
      writeFileSync(path.join(hooks, hook), "#!/bin/sh\nexit 1\n", { mode: 0o755 });
    writeFileSync(path.join(home, ".gitconfig"), `[core]\n hooksPath = ${hooks}\n`);
    vi.stubEnv("HOME", home);
  }

  test("stop neither a fetch nor a push to a path", async () => {
    const { bare, head, made } = remote();
    const next = made.change(start + 1, { [file]: "enabled: false\n" });
    configureHooks();
    const directory = newPath();
    const branch = await RemoteBranch.open(directory, bare.directory, "main");
    expect(await branch.fetch()).toBe(head);
    new TestRepository(directory).git("fetch", "--quiet", made.directory, "main");
    await branch.push(next, head);
    expect(bare.git("rev-parse", "main")).toBe(next);
  });

  test.each(["its folder", "core.hooksPath of its own"])(
    "do not replace those of the remote, in %s",
    async (where) => {
      const { bare, head, made } = remote();
      const next = made.change(start + 1, { [file]: "enabled: false\n" });
      const hooks = path.join(bare.directory, where === "its folder" ? "hooks" : "own-hooks");
      execFileSync("mkdir", ["-p", hooks]);
      const refuse = "#!/bin/sh\necho refused by policy\nexit 1\n";
      writeFileSync(path.join(hooks, "pre-receive"), refuse, { mode: 0o755 });
      if (where !== "its folder") bare.git("config", "core.hooksPath", hooks);
      configureHooks();
      const directory = newPath();
      const branch = await RemoteBranch.open(directory, bare.directory, "main");
      await branch.fetch();
      new TestRepository(directory).git("fetch", "--quiet", made.directory, "main");
      await expect(branch.push(next, head)).rejects.toThrow("refused by policy");
    },
  );
});
