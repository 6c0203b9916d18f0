import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import {
  appendFileSync,
  chmodSync,
  closeSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compile } from "../../../schema/compile/compile.ts";
import { formatManifest, type Release, respond } from "../../../schema/compile/release.ts";
import { normalize } from "../../../schema/flag/flag.ts";
import { changeRelease, writeRelease } from "../../../store/build/release-directory.ts";
import { applyPatch } from "../../../store/build/release-writer.ts";
import { temporaryDirectory } from "../../git/repository.ts";
import { clockTick, damages } from "./damages.ts";
import { awayAtFirst, diesAt, failsAt, meanwhileAt, withoutLinks } from "./dying.ts";
import { plain } from "./plain.ts";
import { readWhole } from "./whole.ts";

const writer = plain(fileURLToPath(new URL("./release-writer.ts", import.meta.url)));
const time = "2024-08-31T12:00:00Z";

/** A release of `size` flags; those in `on` are on. Its commit is `letter`, many times over. */
function release(letter: string, size: number, on: readonly number[] = []): Release {
  const flags = Array.from({ length: size }, (_, index) => ({
    ...normalize(`improvement_${index}`, {
      enabled: on.includes(index),
      description: "Plan meals",
    }),
    ...{
      file: `flags/a/improvement_${index}.yaml`,
      object: "1",
      created_at: time,
      updated_at: time,
    },
  }));
  return compile({ commit: letter.repeat(40), committed_at: time, updated_at: time, flags });
}

/** `release`, but in staging each flag is as in `other`. */
function withStaging(release: Release, other: Release): Release {
  const isStaging = ({ path }: { path: string }) => path.startsWith("/staging/");
  const kept = release.responses.filter((response) => !isStaging(response));
  const responses = [...kept, ...other.responses.filter(isStaging)];
  return { ...release, commit: "e".repeat(40), responses };
}

/** Other files are named in its manifest than it has. */
const hostile: Release = {
  ...release("f", 0),
  responses: [{ ...respond("/../outside", ""), path: "/../outside" }],
};

const [a, b, c] = [release("a", 3), release("b", 3, [0, 1, 2]), release("c", 2, [1])];

/** A place for a release, with nothing beside it yet. */
function place(): string {
  return path.join(temporaryDirectory(), "release");
}

/** The first letter of the commit that stands there, once the release is known to be whole. */
function letterOf(directory: string): string {
  return readWhole(directory).commit.charAt(0);
}

function beside(directory: string): string[] {
  return readdirSync(path.dirname(directory)).sort();
}

/** Nothing but the release, and the hidden one that the next build begins with. */
function expectTidy(directory: string): void {
  expect([".release.spare", "release"]).toEqual(expect.arrayContaining(beside(directory)));
}

describe("writeRelease()", () => {
  test("makes a directory hold a release, and says how many files it wrote", () => {
    const directory = path.join(place(), "in/new/folders/release");
    expect(writeRelease(directory, a)).toBe(a.responses.length);
    expect(letterOf(directory)).toBe("a");
    expectTidy(directory);
  });

  test("makes the hidden one of the next build along with the first, of the same files", () => {
    const directory = place();
    const spare = path.join(path.dirname(directory), ".release.spare");
    for (const next of [a, release("d", 1_100, [4, 1_000])]) {
      rmSync(path.dirname(directory), { recursive: true, force: true });
      writeRelease(directory, next);
      expect(readWhole(spare)).toEqual(readWhole(directory));
      const inodes = [directory, spare].map((place) => lstatSync(path.join(place, flag)).ino);
      expect(inodes[0]).toBe(inodes[1]);
      writeRelease(directory, b);
      expect(letterOf(directory)).toBe("b");
      expect(letterOf(spare)).toBe(next.commit.charAt(0));
    }
  });

  test("goes from one release to another, of fewer flags or more", () => {
    const directory = place();
    for (const [letter, next] of Object.entries({ a, b, c })) {
      for (const _ of [1, 2, 3]) {
        writeRelease(directory, next);
        expect(letterOf(directory)).toBe(letter);
        expectTidy(directory);
      }
    }
  });

  test("drops the folder of an environment that is gone", () => {
    const directory = place();
    const isRoot = ({ path }: { path: string }) => path.startsWith("/v1/");
    const small = { ...a, responses: a.responses.filter(isRoot) };
    for (const next of [a, a, small, small]) writeRelease(directory, next);
    expect(letterOf(directory)).toBe("a");
    expect(readdirSync(directory).sort()).toEqual(["manifest.json", "v1"]);
  });

  test("writes only what differs, from the second build on", () => {
    const directory = place();
    const look = () => {
      const { ino, mtimeMs } = lstatSync(
        path.join(directory, "v1/feature-flags/improvement_7.json"),
      );
      return { ino, mtimeMs };
    };
    writeRelease(directory, release("a", 300));
    const before = look();
    writeRelease(directory, release("b", 300, [1]));
    const lists = 3;
    // Flag 1 too: with `b` its file lost the name that it had there, so it might have been touched.
    expect(writeRelease(directory, release("c", 300, [2]))).toBe(6 + lists);
    expect(letterOf(directory)).toBe("c");
    expect(look()).toEqual(before);
    expect(writeRelease(directory, release("d", 300, [2]))).toBe(6 + lists);
    expect(writeRelease(directory, release("e", 300, [2]))).toBe(0);
    expect(letterOf(directory)).toBe("e");
  });

  test("never writes over a file that a reader may have open", () => {
    const directory = place();
    for (const next of [a, a]) writeRelease(directory, next);
    const file = "v1/feature-flags/improvement_0.json";
    const spare = path.join(path.dirname(directory), ".release.spare");
    const text = readFileSync(path.join(spare, file), "utf8");
    const held = openSync(path.join(spare, file), "r");
    writeRelease(directory, b);
    expect(readFileSync(path.join(directory, file), "utf8")).not.toBe(text);
    expect(readFileSync(held, "utf8")).toBe(text);
    closeSync(held);
  });

  test("gives one file a name in each environment where a flag is the same, and takes them apart again", () => {
    const directory = place();
    const inodes = () =>
      ["", "staging/", "development/"].map(
        (environment) => lstatSync(path.join(directory, environment + flag)).ino,
      );
    writeRelease(directory, a);
    expect(new Set(inodes()).size).toBe(1);
    const inOne = withStaging(b, a);
    for (const next of [inOne, a, inOne, b, a, b]) {
      writeRelease(directory, next);
      expect(letterOf(directory)).toBe(next.commit.charAt(0));
      if (next === inOne) expect(new Set(inodes()).size).toBe(2);
    }
  });

  test("writes every file where the file system knows no links", () => {
    const directory = place();
    withoutLinks(() => writeRelease(directory, a));
    expect(letterOf(directory)).toBe("a");
    expect(lstatSync(path.join(directory, flag)).nlink).toBe(1);
    expect(beside(directory)).toEqual(["release"]);
  });

  test("builds into an empty directory, and into one that a link leads to", () => {
    const [directory, link] = [place(), path.join(temporaryDirectory(), "link")];
    mkdirSync(directory);
    symlinkSync(directory, link);
    for (const next of [a, b, c]) writeRelease(link, next);
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    expect(letterOf(directory)).toBe("c");
    expect(beside(link)).toEqual(["link"]);
  });

  test.each([
    ["a web app's manifest", { "manifest.json": '{"name":"MealTrack","icons":[]}' }],
    ["no manifest", { "index.html": "<!doctype html>" }],
    ["a damaged manifest", { "manifest.json": '{"format":1,"responses":[{"pa' }],
    ["a manifest of nothing", { "manifest.json": '{"format":1,"responses":[null]}' }],
    ["a manifest that leads outside", { "manifest.json": formatManifest(hostile) }],
  ])("refuses a directory with %s, and touches nothing", (_what, files) => {
    const directory = place();
    mkdirSync(directory);
    for (const [name, text] of Object.entries(files))
      writeFileSync(path.join(directory, name), text);
    const wanted = "it holds other files; wanted a new or empty one, or one that a build made";
    expect(() => writeRelease(directory, a)).toThrow(`Cannot build into "${directory}": ${wanted}`);
    const left = readdirSync(directory).map((name) => [
      name,
      readFileSync(path.join(directory, name), "utf8"),
    ]);
    expect(Object.fromEntries(left)).toEqual(files);
    expect(beside(directory)).toEqual(["release"]);
  });
});

const flag = "v1/feature-flags/improvement_1.json";

describe("writeRelease() mends what was changed by hand, when", () => {
  test.each(Object.keys(damages))("%s", (what) => {
    const [directory, outside] = [place(), temporaryDirectory()];
    const spare = path.join(path.dirname(directory), ".release.spare");
    // Flags of another state but the same length, and older than the release.
    writeRelease(path.join(outside, "old"), release("0", 3));
    renameSync(path.join(outside, "old/v1"), path.join(outside, "v1"));
    rmSync(path.join(outside, "old"), { recursive: true });
    for (const next of [a, b]) writeRelease(directory, next);
    clockTick(directory);
    damages[what]?.(directory, outside);
    const theirs = readdirSync(outside, { recursive: true }).length;

    writeRelease(directory, c);
    expect(letterOf(directory)).toBe("c");
    // What was damaged is the hidden one now, and the base of the next.
    expect(existsSync(spare)).toBe(true);
    writeRelease(directory, b);
    expect(letterOf(directory)).toBe("b");
    writeRelease(directory, a);
    expect(letterOf(directory)).toBe("a");
    expectTidy(directory);
    expect(readdirSync(outside, { recursive: true }).length).toBe(theirs);
    const link = path.join(outside, "file");
    if (existsSync(link)) expect(readFileSync(link, "utf8")).toBe("theirs");
  });

  test("the release is a copy of another", () => {
    const [original, directory] = [place(), place()];
    for (const next of [a, b]) writeRelease(original, next);
    cpSync(original, directory, { recursive: true });
    for (const next of [b, a, b]) {
      writeRelease(directory, next);
      expect(letterOf(directory)).toBe(next.commit.charAt(0));
    }
  });

  test.each(["a file is longer", "a folder has another name"])(
    "the release is a copy of one in which %s",
    (what) => {
      const [original, directory] = [place(), place()];
      for (const next of [a, b]) writeRelease(original, next);
      if (what === "a file is longer") appendFileSync(path.join(original, flag), " ");
      else renameSync(path.join(original, "v1"), path.join(original, "v2"));
      cpSync(original, directory, { recursive: true });
      // The youngest file, as if nothing had been changed since.
      const manifest = path.join(directory, "manifest.json");
      writeFileSync(manifest, readFileSync(manifest));
      for (const next of [a, b, a]) {
        writeRelease(directory, next);
        expect(letterOf(directory)).toBe(next.commit.charAt(0));
      }
    },
  );

  test("only the hidden one is damaged", () => {
    const directory = place();
    for (const next of [a, b]) writeRelease(directory, next);
    const spare = path.join(path.dirname(directory), ".release.spare");
    clockTick(spare);
    writeFileSync(path.join(spare, flag), "{}");
    rmSync(path.join(spare, "staging"), { recursive: true });
    writeRelease(directory, a);
    expect(letterOf(directory)).toBe("a");
  });
});

/** What may stand there before a build. */
const beginnings: Record<string, (directory: string) => void> = {
  nothing: () => {},
  "a release": (directory) => void writeRelease(directory, a),
  "a release and a hidden one": (directory) => {
    for (const next of [c, a]) writeRelease(directory, next);
  },
  "a release and what a killed build left": (directory) => {
    for (const kind of ["next", "last"]) leave(directory, `.release.${kind}-${nobody}-x`, c);
    writeRelease(directory, a);
    for (const kind of ["next", "last"]) leave(directory, `.release.${kind}-${nobody}-x`, c);
  },
  "a release and a damaged hidden one": (directory) => {
    for (const next of [c, a]) writeRelease(directory, next);
    const spare = path.join(path.dirname(directory), ".release.spare");
    clockTick(spare);
    writeFileSync(path.join(spare, flag), "{}");
  },
};

/** No process has such an id. */
const nobody = 99_999_999;

describe("writeRelease(), killed or failing at each change it makes to the disk", () => {
  test.each(Object.keys(beginnings))(
    "after %s: keeps one whole, and the next build mends the rest",
    (what) => {
      let moment = 0;
      let hasEnded = false;
      while (!hasEnded) {
        moment += 1;
        const directory = place();
        beginnings[what]?.(directory);
        hasEnded = diesAt(moment, () => writeRelease(directory, b));
        const letters = movedAway(directory).map(letterOf);
        if (existsSync(directory)) expect(letterOf(directory)).toMatch(/[ab]/);
        else if (what !== "nothing") expect(letters).toContain("a");

        // A build that fails before it writes has put back what was there.
        if (what !== "nothing") {
          expect(() => writeRelease(directory, poison)).toThrow("Cannot build into");
          expect(letterOf(directory)).toMatch(/[ab]/);
          expectTidy(directory);
        }
        for (const next of [c, b, a]) {
          writeRelease(directory, next);
          expect(letterOf(directory)).toBe(next.commit.charAt(0));
        }
        expectTidy(directory);
      }
      expect(moment).toBeGreaterThan(10);
    },
  );

  test("tells of a failing disk, keeps one whole and leaves nothing lying about", () => {
    for (let moment = 1, isDone = false; !isDone; moment++) {
      const directory = place();
      for (const next of [c, a]) writeRelease(directory, next);
      try {
        failsAt(moment, () => writeRelease(directory, b));
        isDone = true;
      } catch (error) {
        expect(String(error)).toBe(
          `Error: Cannot build into "${directory}": ENOSPC: no space left on device`,
        );
      }
      expect(letterOf(directory)).toMatch(/[ab]/);
      expectTidy(directory);
      writeRelease(directory, c);
      expect(letterOf(directory)).toBe("c");
    }
  });
});

describe("changeRelease(), killed at each change it makes to the disk", () => {
  test("keeps one whole, and the next build mends the rest", () => {
    const paths = new Set(b.responses.map(({ path }) => path));
    const gone = c.responses.map(({ path }) => path).filter((path) => !paths.has(path));
    const wanted = { manifest: formatManifest(b), written: b.responses, gone };
    let hasEnded = false;
    for (let moment = 1; !hasEnded; moment++) {
      const directory = place();
      for (const next of [c, a]) writeRelease(directory, next);
      const make = (next: string) => {
        applyPatch(next, wanted);
        return true;
      };
      hasEnded = diesAt(moment, () => changeRelease(directory, make));
      if (existsSync(directory)) expect(letterOf(directory)).toMatch(/[ab]/);
      else expect(movedAway(directory).map(letterOf)).toContain("a");
      expect(hasEnded).toBe(hasEnded && letterOf(directory) === "b");
      writeRelease(directory, c);
      expect(letterOf(directory)).toBe("c");
      expectTidy(directory);
    }
  });

  test("leaves everything as it was where nothing is made", () => {
    const directory = place();
    for (const next of [c, a]) writeRelease(directory, next);
    expect(changeRelease(directory, () => false)).toBe(false);
    expect(letterOf(directory)).toBe("a");
    expect(letterOf(path.join(path.dirname(directory), ".release.spare"))).toBe("c");
  });
});

describe("writeRelease(), beside other processes", () => {
  test("puts back the whole one of two that killed builds had moved away", () => {
    const directory = place();
    const half = leave(directory, `.release.last-${nobody}-a`, a);
    rmSync(path.join(half, "manifest.json"));
    rmSync(path.join(half, flag));
    leave(directory, `.release.last-${nobody}-b`, b);
    leave(directory, `.release.next-${nobody}-c`, c);
    expect(() => writeRelease(directory, poison)).toThrow("Cannot build into");
    expect(letterOf(directory)).toBe("b");
    expectTidy(directory);
  });

  test("leaves alone what a build that is still at work has there", () => {
    const directory = place();
    const theirs = `.release.next-${process.ppid}-x`;
    leave(directory, theirs, c);
    for (const next of [a, b]) writeRelease(directory, next);
    expect(letterOf(directory)).toBe("b");
    expect(beside(directory)).toEqual([theirs, ".release.spare", "release"]);
  });

  test("takes a release for ours though another build exchanges it at that moment", () => {
    const directory = place();
    writeRelease(directory, a);
    clockTick(directory);
    awayAtFirst(directory, () => writeRelease(directory, b));
    expect(letterOf(directory)).toBe("b");
  });

  test("loses nothing to a process that takes it for dead and clears up after it", () => {
    const told = new Set<string>();
    for (let moment = 1; moment < 40; moment++) {
      const directory = place();
      for (const next of [c, a]) writeRelease(directory, next);
      const clear = () => {
        for (const name of beside(directory).filter((name) => name.startsWith(".release.next-"))) {
          rmSync(path.join(path.dirname(directory), name), { recursive: true });
        }
      };
      try {
        meanwhileAt(moment, clear, () => writeRelease(directory, b));
      } catch (error) {
        told.add(String(error).replace(/".*?"|'.*'/g, "…"));
      }
      expect(letterOf(directory)).toMatch(/[ab]/);
      expectTidy(directory);
    }
    expect([...told].join("\n")).toContain("Cannot build into …: another process removed …");
  });
});

/** Another release, whole, beside the directory. */
function leave(directory: string, name: string, what: Release): string {
  const made = path.join(temporaryDirectory(), "made");
  writeRelease(made, what);
  const left = path.join(path.dirname(directory), name);
  renameSync(made, left);
  return left;
}

/** What a killed build had moved away and looks whole: the next one might put it back. */
function movedAway(directory: string): string[] {
  return beside(directory)
    .filter((name) => name.startsWith(".release.last-"))
    .map((name) => path.join(path.dirname(directory), name))
    .filter((left) => existsSync(path.join(left, "manifest.json")));
}

/** A release that no disk can hold. */
const poison: Release = {
  ...b,
  responses: [{ path: "/v1/\0", body: "", md5: "", sha256: "", length: 0 }],
};

describe("writeRelease() in processes of their own", () => {
  const three = [release("a", 20, [1, 2]), release("b", 20, [3]), release("c", 19, [4])];

  test("killed at 50 random moments: one is whole, or is put back by the next build", async () => {
    const seed = Number(process.env.SEED ?? Date.now() % 1_000_000);
    process.stdout.write(`Kills builds with SEED=${seed}\n`);
    const file = fileOf(three);
    const rest = fc.sample(fc.tuple(fc.nat(60), fc.nat(9)), { seed, numRuns: 50 });
    async function lane() {
      for (let next = rest.pop(); next; next = rest.pop()) await trial(...next);
    }
    async function trial(delay: number, chance: number) {
      const directory = place();
      const writers = Array.from({ length: chance === 0 ? 2 : 1 }, () =>
        write(directory, file, 1e9),
      );
      await Promise.all(writers.map(({ begins }) => begins));
      for (const { child } of writers) {
        await pause(delay);
        child.kill("SIGKILL");
      }
      await Promise.all(writers.map(({ ended }) => ended));

      const told = `SEED=${seed}, killed after ${delay} ms`;
      if (existsSync(directory)) expect(letterOf(directory), told).toMatch(/[abc]/);
      for (const one of three.slice(0, 2)) {
        writeRelease(directory, one);
        expect(letterOf(directory), told).toBe(one.commit.charAt(0));
      }
      expectTidy(directory);
      rmSync(path.dirname(directory), { recursive: true });
    }
    await Promise.all([lane(), lane()]);
  }, 240_000);

  test("two at once, of different commits, many times: one of the two, whole", async () => {
    const directory = place();
    const writers = [[a], [b]].map((one) => write(directory, fileOf(one), 100));
    const ends = await Promise.all(writers.map(({ ended }) => ended));
    expect(ends).toEqual([
      { code: 0, said: "" },
      { code: 0, said: "" },
    ]);
    expect(letterOf(directory)).toMatch(/[ab]/);
    expectTidy(directory);
    writeRelease(directory, c);
    expect(letterOf(directory)).toBe("c");
  });

  test("says clearly that it may not write, and loses nothing", async () => {
    const directory = place();
    writeRelease(directory, a);
    const parent = path.dirname(directory);
    // For whoever is not the owner, every folder around it must be open.
    chmodSync(path.dirname(parent), 0o755);
    chmodSync(parent, 0o555);
    const isRoot = process.getuid?.() === 0;
    const { ended } = write(directory, fileOf([b]), 1, isRoot ? { AS_USER: "65534" } : {});
    const { code, said } = await ended;
    chmodSync(parent, 0o755);
    expect(code).toBe(1);
    expect(said).toContain(`Error: Cannot build into "${directory}": EACCES: permission denied, `);
    expect(letterOf(directory)).toBe("a");
    expectTidy(directory);
  });
});

function fileOf(releases: readonly Release[]): string {
  const file = path.join(temporaryDirectory(), "releases.json");
  writeFileSync(file, JSON.stringify(releases));
  return file;
}

interface Writer {
  readonly child: ChildProcess;
  readonly begins: Promise<unknown>;
  readonly ended: Promise<{ code: number | null; said: string }>;
}

/** Brings `directory` to each of the releases in `file` in turn, so many times. */
function write(directory: string, file: string, times: number, env = {}): Writer {
  const child = spawn(process.execPath, [writer, directory, file, `${times}`], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  const ended = once(child, "close").then(([code]) => ({ code, said }));
  return { child, begins: once(child.stdout, "data"), ended };
}
