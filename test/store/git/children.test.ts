import { spawn } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test, vi } from "vitest";
import { startChild } from "../../../store/git/children.ts";
import { readGit } from "../../../store/git/git.ts";
import { temporaryDirectory, testRepository } from "../../git/repository.ts";

const module = (name: string) =>
  fileURLToPath(new URL(`../../../store/git/${name}.ts`, import.meta.url));

/** Runs a script in a Node process of its own, under `wrapper` (a shell line that ends with `exec`). */
function run(script: string, wrapper = "exec"): Promise<{ code: number | null; output: string }> {
  const file = path.join(temporaryDirectory(), "script.mts");
  writeFileSync(file, script);
  const command = `${wrapper} ${process.execPath} --import tsx ${file}`;
  const child = spawn("sh", ["-c", command], { cwd: path.dirname(module("git")) });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  return new Promise((resolve) => child.on("close", (code) => resolve({ code, output })));
}

/** A repository with the command `git hang`, which starts a child, writes both ids and hangs. */
function hanging() {
  const { directory, git } = (() => {
    const made = testRepository();
    return { directory: made.directory, git: made.git.bind(made) };
  })();
  const ids = path.join(directory, "ids");
  git("config", "alias.hang", `!sleep 600 & echo $$ $! > ${ids}.new; mv ${ids}.new ${ids}; wait`);
  return { directory, ids };
}

function running(ids: string): number[] {
  const all = readFileSync(ids, "utf8").trim().split(" ").map(Number);
  return all.filter((id) => {
    const stat = existsSync(`/proc/${id}/stat`) ? readFileSync(`/proc/${id}/stat`, "utf8") : "";
    return stat !== "" && !/\) Z /.test(stat);
  });
}

describe("children end", () => {
  test.each([
    ["process.exit(0)", 0],
    ["throw new Error('a fault')", 1],
    ["import(CHILDREN).then(({ endChildren }) => endChildren()).then(() => process.exit(3))", 3],
  ])("with this process, by %s", async (end, code) => {
    const { directory, ids } = hanging();
    const ending = end.replace("CHILDREN", JSON.stringify(module("children")));
    const ended = await run(`
      import { existsSync } from "node:fs";
      import { readGit } from ${JSON.stringify(module("git"))};
      readGit(${JSON.stringify(directory)}, ["hang"]).catch(() => {});
      setInterval(() => { if (existsSync(${JSON.stringify(ids)})) { ${ending}; } }, 20);
    `);
    expect(ended.code).toBe(code);
    await vi.waitUntil(() => running(ids).length === 0, { timeout: 5_000 });
  });

  test("and no other is started after endChildren()", async () => {
    const { output } = await run(`
      import { endChildren } from ${JSON.stringify(module("children"))};
      import { readGit } from ${JSON.stringify(module("git"))};
      await endChildren();
      await readGit(".", ["version"]).catch(({ message }) => console.log(message));
    `);
    expect(output).toContain('Cannot start "git version": this process is ending');
  });
});

describe("startChild() says why nothing was started:", () => {
  test("no such program", async () => {
    const started = startChild("a thing", "no-such-program", [], { env: {} });
    await expect(started).rejects.toThrow(
      'Cannot start "a thing": the program "no-such-program" is not installed',
    );
  });

  test("no such directory", async () => {
    await expect(readGit("/no/such/place", ["version"])).rejects.toThrow(
      'Cannot start "git version": there is no directory "/no/such/place"',
    );
  });

  test("no free file descriptor", async () => {
    const { output } = await run(
      `
      import { openSync } from "node:fs";
      import { readGit } from ${JSON.stringify(module("git"))};
      import { Signer } from ${JSON.stringify(module("../remote/signer"))};
      const fill = () => { try { for (;;) openSync("/dev/null", "r"); } catch {} };
      fill();
      const failed = await Promise.all([
        readGit("/", ["version"]).catch(({ message }) => message),
        Signer.open("/dev/null").catch(({ message }) => message),
      ]);
      console.log(failed.join("\\n"));
      process.exit(0);
    `,
      "ulimit -n 80; exec",
    );
    expect(output).toMatch(/Cannot start "git version": no file descriptor is free \(EMFILE\)/);
    expect(output).toMatch(/Cannot start "ssh-keygen": no file descriptor is free \(EMFILE\)/);
    expect(output).not.toContain("undefined");
  });
});
