import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { ifExists } from "../../../store/files/if-exists.ts";
import { makeDirectory } from "../../../store/files/make-directory.ts";
import { replaceFile } from "../../../store/files/replace-file.ts";
import { temporaryDirectory } from "../../git/repository.ts";
import { failsAt } from "../build/failing-disk.ts";

test.each([1, 2])(
  "replaceFile() leaves the old file and no other if the disk fails at change %i",
  (moment) => {
    const directory = temporaryDirectory();
    const file = path.join(directory, "flag.yaml");
    writeFileSync(file, "old");
    expect(() => failsAt(moment, () => replaceFile(file, "new"))).toThrow("ENOSPC");
    expect(readdirSync(directory)).toEqual(["flag.yaml"]);
    expect(readFileSync(file, "utf8")).toBe("old");
    replaceFile(file, "new");
    expect(readFileSync(file, "utf8")).toBe("new");
  },
);

test("replaceFile() keeps the mode of a file, and names the file that it cannot write", () => {
  const file = path.join(temporaryDirectory(), "new/tokens.json");
  replaceFile(file, "old", 0o600);
  replaceFile(file, "new");
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const below = path.join(file, "below");
  expect(() => replaceFile(below, "new")).toThrow(`Cannot write "${below}": EEXIST`);
});

test("makeDirectory() makes all parents, and accepts a directory that exists", () => {
  const directory = path.join(temporaryDirectory(), "a/b/c");
  makeDirectory(directory);
  makeDirectory(directory);
  expect(readdirSync(directory)).toEqual([]);
});

test.each(["/proc/new", "/proc/new/below"])("makeDirectory(%j) ends with an error", (directory) => {
  expect(() => makeDirectory(directory)).toThrow("ENOENT");
});

test("makeDirectory() refuses a file in the path", () => {
  const file = path.join(temporaryDirectory(), "file");
  writeFileSync(file, "");
  expect(() => makeDirectory(file)).toThrow("EEXIST");
  expect(() => makeDirectory(path.join(file, "below"))).toThrow("ENOTDIR");
});

test("ifExists() returns undefined for a missing file, and throws any other error", () => {
  const directory = temporaryDirectory();
  expect(ifExists(() => readFileSync(path.join(directory, "none"), "utf8"))).toBeUndefined();
  mkdirSync(path.join(directory, "folder"));
  expect(() => ifExists(() => readFileSync(path.join(directory, "folder")))).toThrow("EISDIR");
});
