import {
  chmodSync,
  closeSync,
  existsSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { formatManifest } from "../../../schema/compile/manifest.ts";
import { type Release, respond } from "../../../schema/compile/release.ts";
import { writeRelease } from "../../../store/build/release-directory.ts";
import { temporaryDirectory } from "../../git/repository.ts";
import {
  completesBefore,
  failsAt,
  runBetweenChanges,
  withMissingFirstFile,
  withoutLinks,
} from "./failing-disk.ts";
import {
  expectNoLeftovers,
  flagFile,
  leave,
  letterOf,
  newPath,
  release,
  siblings,
  startBuilds,
  unusedPid,
} from "./releases.ts";

const [a, b, c] = [release("a", 3), release("b", 3, [0, 1, 2]), release("c", 2, [1])];

/** `release`, but the flags in staging are those of `other`. */
function withStaging(release: Release, other: Release): Release {
  const isStaging = ({ path }: { path: string }) => path.startsWith("/staging/");
  const kept = release.responses.filter((response) => !isStaging(response));
  const responses = [...kept, ...other.responses.filter(isStaging)];
  return { ...release, commit: "e".repeat(40), responses };
}

/** A release whose manifest names a file outside of the directory. */
const hostile: Release = {
  ...release("f", 0),
  responses: [{ ...respond("/../outside", ""), path: "/../outside" }],
};

/** A release that no file system can hold. */
const unwritable: Release = {
  ...b,
  responses: [{ path: "/v1/\0", body: "", md5: "", sha256: "", length: 0 }],
};

describe("writeRelease()", () => {
  test("writes a release into a new directory", () => {
    const directory = path.join(newPath(), "in/new/folders/release");
    writeRelease(directory, a);
    expect(letterOf(directory)).toBe("a");
    expectNoLeftovers(directory);
  });

  test("replaces a release by one with fewer or more flags", () => {
    const directory = newPath();
    for (const next of [a, b, c, b]) {
      writeRelease(directory, next);
      expect(letterOf(directory)).toBe(next.commit.charAt(0));
      expectNoLeftovers(directory);
    }
  });

  test("removes the folder of an environment that no longer exists", () => {
    const directory = newPath();
    const isRoot = ({ path }: { path: string }) => path.startsWith("/v1/");
    const small = { ...a, responses: a.responses.filter(isRoot) };
    for (const next of [a, small]) writeRelease(directory, next);
    expect(letterOf(directory)).toBe("a");
    expect(readdirSync(directory).sort()).toEqual(["manifest.json", "v1"]);
  });

  test("never changes a file that a reader has open", () => {
    const directory = newPath();
    writeRelease(directory, a);
    const text = readFileSync(path.join(directory, flagFile), "utf8");
    const open = openSync(path.join(directory, flagFile), "r");
    writeRelease(directory, b);
    expect(readFileSync(path.join(directory, flagFile), "utf8")).not.toBe(text);
    expect(readFileSync(open, "utf8")).toBe(text);
    closeSync(open);
  });

  test("links equal responses of several environments to one file", () => {
    const directory = newPath();
    const inodes = () =>
      ["", "staging/", "development/"].map(
        (environment) => lstatSync(path.join(directory, environment + flagFile)).ino,
      );
    writeRelease(directory, a);
    expect(new Set(inodes()).size).toBe(1);
    writeRelease(directory, withStaging(b, a));
    expect(letterOf(directory)).toBe("e");
    expect(new Set(inodes()).size).toBe(2);
  });

  test("writes separate files if the file system has no hard links", () => {
    const directory = newPath();
    withoutLinks(() => writeRelease(directory, a));
    expect(letterOf(directory)).toBe("a");
    expect(lstatSync(path.join(directory, flagFile)).nlink).toBe(1);
  });

  test("writes into an empty directory, and into the target of a symbolic link", () => {
    const [directory, link] = [newPath(), path.join(temporaryDirectory(), "link")];
    mkdirSync(directory);
    symlinkSync(directory, link);
    for (const next of [a, b]) writeRelease(link, next);
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    expect(letterOf(directory)).toBe("b");
    expect(siblings(link)).toEqual(["link"]);
  });

  test("replaces a release that was changed by hand, and follows no link in it", () => {
    const [directory, outside] = [newPath(), temporaryDirectory()];
    writeFileSync(path.join(outside, "file"), "theirs");
    writeRelease(directory, a);
    rmSync(path.join(directory, flagFile));
    symlinkSync(path.join(outside, "file"), path.join(directory, flagFile));
    rmSync(path.join(directory, "staging"), { recursive: true });
    symlinkSync(outside, path.join(directory, "staging"));
    writeFileSync(path.join(directory, "notes.txt"), "ours");
    writeRelease(directory, b);
    expect(letterOf(directory)).toBe("b");
    expect(readdirSync(outside)).toEqual(["file"]);
    expect(readFileSync(path.join(outside, "file"), "utf8")).toBe("theirs");
  });

  test.each([
    ["a web app's manifest", { "manifest.json": '{"name":"MealTrack","icons":[]}' }],
    ["no manifest", { "index.html": "<!doctype html>" }],
    ["a damaged manifest", { "manifest.json": '{"format":1,"responses":[{"pa' }],
    ["a manifest of nothing", { "manifest.json": '{"format":1,"responses":[null]}' }],
    ["a manifest that leads outside", { "manifest.json": formatManifest(hostile) }],
  ])("refuses a directory with %s, and changes nothing", (_what, files) => {
    const directory = newPath();
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
    expect(siblings(directory)).toEqual(["release"]);
  });
});

/** The content of the directory before a build. */
const startingStates: Record<string, (directory: string) => void> = {
  nothing: () => {},
  "a release": (directory) => writeRelease(directory, a),
  "a release and what a killed build left": (directory) => {
    writeRelease(directory, a);
    for (const kind of ["next", "last"]) leave(directory, `.release.${kind}-${unusedPid}-x`, c);
  },
};

describe("writeRelease() killed or failing at each change of the file system", () => {
  test.each(Object.keys(startingStates))(
    "starting with %s: keeps one whole release, and the next build cleans up",
    (state) => {
      let moment = 0;
      for (let hasEnded = false; !hasEnded; ) {
        moment += 1;
        const directory = newPath();
        startingStates[state]?.(directory);
        hasEnded = completesBefore(moment, () => writeRelease(directory, b));
        if (existsSync(directory)) expect(letterOf(directory)).toMatch(/[ab]/);
        else if (state !== "nothing") expect(movedAway(directory).map(letterOf)).toContain("a");

        // A build that fails before it writes restores what was there.
        if (state !== "nothing") {
          expect(() => writeRelease(directory, unwritable)).toThrow("Cannot build into");
          expect(letterOf(directory)).toMatch(/[ab]/);
          expectNoLeftovers(directory);
        }
        writeRelease(directory, c);
        expect(letterOf(directory)).toBe("c");
        expectNoLeftovers(directory);
      }
      expect(moment).toBeGreaterThan(10);
    },
  );

  test("on a full disk: reports it, keeps one whole release and leaves no files", () => {
    for (let moment = 1, isDone = false; !isDone; moment++) {
      const directory = newPath();
      writeRelease(directory, a);
      try {
        failsAt(moment, () => writeRelease(directory, b));
        isDone = true;
      } catch (error) {
        expect(String(error)).toBe(
          `Error: Cannot build into "${directory}": ENOSPC: no space left on device`,
        );
      }
      expect(letterOf(directory)).toMatch(/[ab]/);
      expectNoLeftovers(directory);
    }
  });
});

describe("writeRelease() beside other processes", () => {
  test("restores the whole release of two that killed builds had moved away", () => {
    const directory = newPath();
    const half = leave(directory, `.release.last-${unusedPid}-a`, a);
    rmSync(path.join(half, "manifest.json"));
    rmSync(path.join(half, flagFile));
    leave(directory, `.release.last-${unusedPid}-b`, b);
    leave(directory, `.release.next-${unusedPid}-c`, c);
    expect(() => writeRelease(directory, unwritable)).toThrow("Cannot build into");
    expect(letterOf(directory)).toBe("b");
    expectNoLeftovers(directory);
  });

  test("does not touch the files of a build that still runs", () => {
    const directory = newPath();
    const theirs = `.release.next-${process.ppid}-x`;
    leave(directory, theirs, c);
    for (const next of [a, b]) writeRelease(directory, next);
    expect(letterOf(directory)).toBe("b");
    expect(siblings(directory)).toEqual([theirs, "release"]);
  });

  test("recognizes a release although another build replaces it at that moment", () => {
    const directory = newPath();
    writeRelease(directory, a);
    withMissingFirstFile(directory, () => writeRelease(directory, b));
    expect(letterOf(directory)).toBe("b");
  });

  test("loses nothing if another process removes its files at any moment", () => {
    const reported = new Set<string>();
    for (let moment = 1; moment < 40; moment++) {
      const directory = newPath();
      writeRelease(directory, a);
      const clear = () => {
        for (const name of siblings(directory).filter((name) => name.includes(".next-"))) {
          rmSync(path.join(path.dirname(directory), name), { recursive: true });
        }
      };
      try {
        runBetweenChanges(moment, clear, () => writeRelease(directory, b));
      } catch (error) {
        reported.add(String(error).replace(/".*?"|'.*'/g, "…"));
      }
      expect(letterOf(directory)).toMatch(/[ab]/);
      expectNoLeftovers(directory);
    }
    expect([...reported].join("\n")).toContain("Cannot build into …: another process removed …");
  });

  test("leaves one whole release after two processes built at once", async () => {
    const directory = newPath();
    const builds = [a, b].map((one) => startBuilds(directory, [one], 10));
    const ends = await Promise.all(builds.map(({ ended }) => ended));
    expect(ends).toEqual(builds.map(() => ({ code: 0, stderr: "" })));
    expect(letterOf(directory)).toMatch(/[ab]/);
    expectNoLeftovers(directory);
  });

  test("reports that it has no permission, and loses nothing", async () => {
    const directory = newPath();
    writeRelease(directory, a);
    const parent = path.dirname(directory);
    // A user who is not the owner needs access to every parent.
    chmodSync(path.dirname(parent), 0o755);
    chmodSync(parent, 0o555);
    const isRoot = process.getuid?.() === 0;
    const { ended } = startBuilds(directory, [b], 1, isRoot ? { AS_USER: "65534" } : {});
    const { code, stderr } = await ended;
    chmodSync(parent, 0o755);
    expect(code).toBe(1);
    expect(stderr).toContain(
      `Error: Cannot build into "${directory}": EACCES: permission denied, `,
    );
    expect(letterOf(directory)).toBe("a");
    expectNoLeftovers(directory);
  });
});

/** The whole releases that a killed build had moved away and that the next one may restore. */
function movedAway(directory: string): string[] {
  return siblings(directory)
    .filter((name) => name.startsWith(".release.last-"))
    .map((name) => path.join(path.dirname(directory), name))
    .filter((left) => existsSync(path.join(left, "manifest.json")));
}
