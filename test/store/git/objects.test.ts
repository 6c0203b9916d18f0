import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test, vi } from "vitest";
import { takeObjectProcess } from "../../../store/git/object-process.ts";
import { readObjects } from "../../../store/git/objects.ts";
import { importCommits } from "../../git/import.ts";
import { type TestRepository, temporaryDirectory, testRepository } from "../../git/repository.ts";

/** Adds a blob, and returns its id. */
function add(repository: TestRepository, text: string): string {
  return repository.run(["hash-object", "-w", "--stdin"], { input: text });
}

async function read(directory: string, names: readonly string[], maxBytes = 100) {
  const found: string[] = [];
  for await (const { type, size, bytes } of readObjects(directory, names, maxBytes)) {
    found.push(`${type} ${size} ${bytes}`);
  }
  return found;
}

/** The ids of the processes of git that work in a directory. */
function processesIn(directory: string): string[] {
  const { stdout } = spawnSync("sh", [
    "-c",
    'ls -l /proc/[0-9]*/cwd 2>/dev/null | grep " $0$"',
    directory,
  ]);
  return [...String(stdout).matchAll(/\/proc\/(\d+)\/cwd/g)].map(([, id = ""]) => id);
}

describe("readObjects()", () => {
  test("returns all objects in order, also missing ones and the beginning of large ones", async () => {
    const repository = testRepository();
    const [small, large] = [add(repository, "a\nb\n"), add(repository, "x".repeat(100_000))];
    const missing = "0".repeat(40);
    const expected = [
      "blob 4 a\nb\n",
      "missing 0 ",
      `blob 100000 ${"x".repeat(11)}`,
      "blob 4 a\nb\n",
    ];
    const names = [small, missing, large, small];
    expect(await read(repository.directory, names, 10)).toEqual(expected);
    // From a reused process, and from a new one.
    expect(await read(repository.directory, names, 10)).toEqual(expected);
    const many = Array.from({ length: 100 }, () => names).flat();
    expect(await read(repository.directory, many, 10)).toEqual(Array(100).fill(expected).flat());
  });

  test("asks the same process again, and finds objects that were added later", async () => {
    const repository = testRepository();
    const { directory } = repository;
    const first = add(repository, "first");
    expect(await read(directory, [first])).toEqual(["blob 5 first"]);
    const processes = processesIn(directory);
    expect(processes).toHaveLength(1);
    const later = add(repository, "later");
    repository.change(1, { file: "in a pack" });
    repository.git("repack", "-a", "-d", "--quiet");
    expect(await read(directory, [later, "HEAD:file"])).toEqual([
      "blob 5 later",
      "blob 9 in a pack",
    ]);
    expect(processesIn(directory)).toEqual(processes);
  });

  test("answers two concurrent requests", async () => {
    const repository = testRepository();
    const ids = ["one", "two"].map((text) => add(repository, text));
    const answers = await Promise.all(ids.map((id) => read(repository.directory, [id, id])));
    expect(answers).toEqual([
      ["blob 3 one", "blob 3 one"],
      ["blob 3 two", "blob 3 two"],
    ]);
    await vi.waitUntil(() => processesIn(repository.directory).length === 1);
  });

  test("keeps no process whose answers were not all read", async () => {
    const repository = testRepository();
    const [one, two] = [add(repository, "one"), add(repository, "two")];
    for await (const { bytes } of readObjects(repository.directory, [one, two], 100)) {
      expect(String(bytes)).toBe("one");
      break;
    }
    expect(await read(repository.directory, [two])).toEqual(["blob 3 two"]);
  });

  test("starts another process if the waiting one was killed", async () => {
    const repository = testRepository();
    const id = add(repository, "text");
    await read(repository.directory, [id]);
    const [waiting = ""] = processesIn(repository.directory);
    process.kill(Number(waiting));
    await vi.waitUntil(() => processesIn(repository.directory).length === 0);
    expect(await read(repository.directory, [id])).toEqual(["blob 4 text"]);
  });

  test("starts another process if another directory has the path now", async () => {
    const [old, next] = [testRepository(), testRepository()];
    const [ofOld, ofNext] = [add(old, "old"), add(next, "next")];
    expect(await read(old.directory, [ofOld])).toEqual(["blob 3 old"]);
    renameSync(old.directory, `${old.directory}.old`);
    renameSync(next.directory, old.directory);
    expect(await read(old.directory, [ofOld, ofNext])).toEqual(["missing 0 ", "blob 4 next"]);
    renameSync(`${old.directory}.old`, next.directory);
  });

  test("throws git's message if git ends", async () => {
    const { directory } = testRepository();
    const git = await takeObjectProcess(directory);
    const [id = ""] = processesIn(directory);
    const answer = git.answers().next();
    process.kill(Number(id));
    await expect(answer).rejects.toThrow('Cannot run "git cat-file"');
    const none = temporaryDirectory();
    await expect(read(none, ["HEAD"])).rejects.toThrow(
      'Cannot run "git cat-file": fatal: not a git repository',
    );
  });

  test("ends the process after two seconds without a request", async () => {
    const repository = testRepository();
    await read(repository.directory, [add(repository, "text")]);
    expect(processesIn(repository.directory)).toHaveLength(1);
    await vi.waitUntil(() => processesIn(repository.directory).length === 0, { timeout: 10_000 });
  });

  test("limits the memory of the process, however much it reads", async () => {
    const { directory } = testRepository();
    const files = Array.from({ length: 500 }, (_, at) => `flags/team/improvement_${at}.yaml`);
    const commits = Array.from({ length: 2_500 }, (_, at) => ({
      ...{ parents: at === 0 ? [] : [at - 1], time: at },
      files: Object.fromEntries(
        (at === 0 ? files : [`${files[at % 500]}`]).map((one) => [one, `${at}`]),
      ),
    }));
    const names = importCommits(directory, commits).map((id) => `${id}:flags/team/none.yaml`);
    for (let at = 0; at < names.length; at += 100) await read(directory, names.slice(at, at + 100));
    const status = readFileSync(`/proc/${processesIn(directory)[0]}/status`, "utf8");
    // Without a limit of git's cache it is 58 MB, and up to 100 MB in larger repositories.
    expect(Number(/RssAnon:\s+(\d+)/.exec(status)?.[1])).toBeLessThan(30_000);
  });

  test("keeps no command alive, and ends with it", async () => {
    const repository = testRepository();
    const id = add(repository, "text");
    const module = fileURLToPath(new URL("../../../store/git/objects.ts", import.meta.url));
    const script = path.join(temporaryDirectory(), "script.mts");
    writeFileSync(
      script,
      `import { readObjects } from ${JSON.stringify(module)};
      for await (const { bytes } of readObjects(${JSON.stringify(repository.directory)}, ["${id}"], 9)) console.log(String(bytes));
      const started = performance.now();
      process.on("exit", () => console.log(performance.now() - started < 1_000 ? "at once" : "late"));`,
    );
    const cwd = path.dirname(module);
    const output = execFileSync(process.execPath, ["--import", "tsx", script], {
      cwd,
      encoding: "utf8",
    });
    expect(output).toBe("text\nat once\n");
    // The input of git ends with the command, and git ends a moment later.
    await vi.waitUntil(() => processesIn(repository.directory).length === 0);
  });
});
