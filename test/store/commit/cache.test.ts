import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { parseFile } from "../../../schema/file/parsed-file.ts";
import { Cache } from "../../../store/commit/cache.ts";
import { ParsedFiles } from "../../../store/commit/parsed-files.ts";
import { streamGit } from "../../../store/git/git.ts";
import { readObjects } from "../../../store/git/objects.ts";
import { Repository } from "../../../store/snapshot/repository.ts";
import { flagFile, importCommits, largeHistory } from "../../git/import.ts";
import {
  authored,
  TestRepository,
  temporaryDirectory,
  testRepository,
} from "../../git/repository.ts";
import { readInProcess } from "../snapshot/process.ts";

vi.mock(import("../../../schema/file/parsed-file.ts"), { spy: true });
vi.mock(import("../../../store/git/git.ts"), { spy: true });
vi.mock(import("../../../store/git/objects.ts"), { spy: true });
beforeEach(() => vi.clearAllMocks());

const today = "2026-01-01";
const on = "description: Plan meals\nenabled: true\nowner: nutrition\n";
const off = on.replace("true", "false");

function at(minutes: number): number {
  return authored + 60 * minutes;
}

/** Three flags, two of them equal, in two commits. */
function planner() {
  const repository = testRepository();
  const first = repository.change(at(1), {
    "flags/nutrition/meal_planning.yaml": on,
    "flags/growth/invite_friends.yaml": on,
    "flags/growth/gift_cards.yaml": `# Ask first\n${off}`,
  });
  const second = repository.change(at(2), { "flags/growth/gift_cards.yaml": off });
  const cache = path.join(repository.directory, ".git/bunting");
  return { repository, first, second, cache, ...repository };
}

/** Without the memory of an earlier repository, like a new process. */
async function readAnew(directory: string, commit: string) {
  return (await Repository.open(directory)).read(commit, today);
}

async function readWithoutCache(directory: string, commit: string) {
  const cache = path.join(directory, ".git/bunting");
  rmSync(cache, { recursive: true, force: true });
  const reading = await readAnew(directory, commit);
  rmSync(cache, { recursive: true });
  return reading;
}

/** The requests to git: logs, and the ids of objects other than trees. */
function questions(directory: string) {
  const commands = vi.mocked(streamGit).mock.calls.map(([, [command = ""]]) => command);
  const names = vi.mocked(readObjects).mock.calls.flatMap(([, asked]) => asked);
  return [
    ...commands.filter((command) => command !== "cat-file"),
    ...names.filter((name) => typeOf(directory, name) === "blob"),
  ];
}

function typeOf(directory: string, name: string): string {
  const check = ["cat-file", "--batch-check=%(objecttype)"];
  return new TestRepository(directory).run(check, { input: name });
}

describe("an unchanged file", () => {
  test("is not parsed twice in one process, at any commit and with any name", async () => {
    const { directory, first, second } = planner();
    const repository = await Repository.open(directory);
    await repository.read(first, today);
    expect(parseFile).toHaveBeenCalledTimes(2);
    await repository.read(second, today);
    expect(parseFile).toHaveBeenCalledTimes(3);
    await repository.read(first, today);
    await repository.read(second, "2027-01-01");
    expect(parseFile).toHaveBeenCalledTimes(3);
  });

  test("is not parsed nor read in the next process, nor is the history", async () => {
    const { directory, second } = planner();
    const reading = await readAnew(directory, second);
    vi.clearAllMocks();
    expect(await readAnew(directory, second)).toEqual(reading);
    expect(parseFile).not.toHaveBeenCalled();
    expect(questions(directory)).toEqual([]);
  });

  test("is read once if one of a hundred others has changed", async () => {
    const repository = testRepository();
    const { directory } = repository;
    const [first = "", second = ""] = importCommits(directory, largeHistory(100, 2));
    await readAnew(directory, first);
    expect(parseFile).toHaveBeenCalledTimes(100);
    vi.clearAllMocks();
    const reading = await readAnew(directory, second);
    expect(parseFile).toHaveBeenCalledTimes(1);
    const object = repository.git("rev-parse", `${second}:${flagFile(7_919 % 100)}`);
    expect(questions(directory).sort()).toEqual([object, "log"].sort());
    expect(reading).toEqual(await readWithoutCache(directory, second));
  });

  test("is removed if the cache has many more files than are in use", () => {
    const cache = new Cache(temporaryDirectory());
    const read = (...objects: string[]) => {
      const contents = new ParsedFiles(cache);
      const known = objects.filter((object) => contents.get(object));
      for (const object of objects) contents.set(object, { content: { findings: [] }, size: 1 });
      contents.save();
      return known;
    };
    read(...Array.from({ length: 1_500 }, (_, object) => `${object}`));
    expect(read("0", "1499", "new")).toEqual(["0", "1499"]);
    expect(read("700")).toEqual([]);
    expect(read("0", "1499", "new", "700")).toEqual(["0", "1499", "new", "700"]);
  });
});

describe("a known history", () => {
  test("is extended by the new commits only", async () => {
    const { directory } = testRepository();
    const commits = importCommits(directory, largeHistory(10, 200));
    const [known = "", head = ""] = [commits.at(-11), commits.at(-1)];
    await readAnew(directory, known);
    const walked = await countCommits(async () => void (await readAnew(directory, head)));
    expect(walked).toBe(10);
    const reading = await readAnew(directory, head);
    expect(reading).toEqual(await readWithoutCache(directory, head));
  });

  test("is kept if an older commit is read", async () => {
    const { directory, first, second } = planner();
    await readAnew(directory, second);
    const { snapshot } = await readAnew(directory, first);
    expect(snapshot?.commit).toBe(first);
    vi.clearAllMocks();
    await readAnew(directory, second);
    expect(questions(directory)).toEqual([]);
  });

  /** How many commits `git log` printed during `action`. */
  async function countCommits(action: () => Promise<void>): Promise<number> {
    const { streamGit: original } = await vi.importActual<
      typeof import("../../../store/git/git.ts")
    >("../../../store/git/git.ts");
    let commits = 0;
    vi.mocked(streamGit).mockImplementation(async function* (directory, args, options) {
      for await (const chunk of original(directory, args, options)) {
        if (args[0] === "log") commits += chunk.toString("latin1").split("\x01").length - 1;
        yield chunk;
      }
    });
    await action();
    vi.mocked(streamGit).mockRestore();
    return commits;
  }
});

test("an unchanged file and a known history are taken from the cache by another process of the same build", async () => {
  const { directory, repository, second, cache } = planner();
  await readInProcess(directory, second, { buildId: "1" });
  tamper(cache, "contents", "Plan meals", "Plan more meals", writerOf("1"));
  tamper(cache, "history", `${at(1)}`, `${at(0)}`, writerOf("1"));
  const head = repository.commit(at(3));
  const { readings } = await readInProcess(directory, head, { buildId: "1" });
  const flags = readings[0]?.snapshot?.flags ?? [];
  const found = flags.map(({ description, created_at }) => [description, created_at]);
  expect(found).toEqual(Array(3).fill(["Plan more meals", "2001-09-09T01:46:40Z"]));
});

test("the cache of another build is not used", async () => {
  const { directory, second, cache } = planner();
  const expected = await readWithoutCache(directory, second);
  await readInProcess(directory, second, { buildId: "1" });
  tamper(cache, "contents", "Plan meals", "Plan more meals", writerOf("1"));
  const { readings } = await readInProcess(directory, second, { buildId: "2" });
  expect(readings).toEqual([expected]);
});

/** The id of a build in the cache. */
function writerOf(id: string): string {
  return `${id} ${process.version}`;
}

/** Changes the cache and keeps its checksum valid. */
function tamper(directory: string, name: string, from: string, to: string, writer: string): void {
  const cache = new Cache(path.dirname(directory), writer);
  const text = JSON.stringify(cache.read(name));
  expect(text).toContain(from);
  cache.write(name, JSON.parse(text.replaceAll(from, to)));
}

describe("a damaged cache", () => {
  const planned = planner();
  const third = planned.repository.change(at(3), { "flags/growth/sign_up.yaml": on });

  const damages: Readonly<Record<string, (file: string) => void>> = {
    deleted: (file) => rmSync(file),
    empty: (file) => truncateSync(file),
    truncated: (file) => truncateSync(file, readFileSync(file).length - 1),
    "of its first line only": (file) => truncateSync(file, 65),
    "without its first line": (file) => writeFileSync(file, readFileSync(file).subarray(65)),
    "with one bit flipped": (file) => flip(file, 100),
    "of zeros": (file) => writeFileSync(file, Buffer.alloc(readFileSync(file).length)),
    "of another version": (file) => {
      const text = readFileSync(file, "utf8");
      writeFileSync(file, `${"0".repeat(64)}${text.slice(64)}`);
    },
    "in whose place a directory is": (file) => {
      rmSync(file);
      mkdirSync(path.join(file, "in/there"), { recursive: true });
    },
    "in whose place a link leads nowhere": (file) => {
      rmSync(file);
      symlinkSync("/nowhere/at/all", file);
    },
    "in whose place a link leads to itself": (file) => {
      rmSync(file);
      symlinkSync(path.basename(file), file);
    },
  };
  test.each(Object.entries(damages))("%s gives the same as none", async (_, damage) => {
    const { directory, second, cache } = planned;
    const expected = await readWithoutCache(directory, third);
    for (const name of ["contents.json", "history.json"]) {
      await readAnew(directory, second);
      damage(path.join(cache, name));
      expect(await readAnew(directory, third)).toEqual(expected);
      expect(await readAnew(directory, third)).toEqual(expected);
      expect(readdirSync(cache).sort()).toEqual(["changes.json", "contents.json", "history.json"]);
      rmSync(cache, { recursive: true });
    }
  });

  test("is refused with any bit flipped, and cut at any byte", () => {
    const directory = temporaryDirectory();
    const cache = new Cache(directory);
    cache.write("history", { commit: "1", flags: [["ö", { created: 1, enabled: true }]] });
    const file = path.join(directory, "bunting/history.json");
    const whole = readFileSync(file);
    expect(cache.read("history")).toEqual(JSON.parse(whole.toString().split("\n")[1] ?? ""));
    for (let position = 0; position < whole.length; position++) {
      writeFileSync(file, whole);
      flip(file, position);
      expect(cache.read("history")).toBe(undefined);
      truncateSync(file, position);
      expect(cache.read("history")).toBe(undefined);
    }
  });

  test("is ignored if its folder is a file", async () => {
    const { directory, second, cache } = planner();
    const expected = await readWithoutCache(directory, second);
    writeFileSync(cache, "not a folder");
    expect(await readAnew(directory, second)).toEqual(expected);
    expect(readFileSync(cache, "utf8")).toBe("not a folder");
  });

  function flip(file: string, position: number): void {
    const bytes = readFileSync(file);
    bytes[position] = (bytes[position] ?? 0) ^ 1;
    writeFileSync(file, bytes);
  }
});

test("a read-only clone is read without a cache", async () => {
  const { directory, second, cache } = planner();
  const expected = await readWithoutCache(directory, second);
  const asRoot = process.getuid?.() === 0;
  const files = [directory, ...listBelow(directory)];
  for (const file of files) {
    if (asRoot) chownSync(file, 65_534, 65_534);
    chmodSync(file, 0o555);
  }
  chmodSync(path.dirname(directory), 0o755);
  const env: Record<string, string> = asRoot ? { AS_USER: "65534" } : {};
  const { readings } = await readInProcess(directory, second, { env, times: 2 });
  for (const file of files) chmodSync(file, 0o755);
  expect(readings).toEqual([expected]);
  expect(existsSync(cache)).toBe(false);
});

function listBelow(directory: string): string[] {
  const options = { recursive: true, encoding: "utf8" } as const;
  return readdirSync(directory, options).map((file) => path.join(directory, file));
}
