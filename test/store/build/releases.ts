/** Small releases, directories for them, and processes that build them. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect } from "vitest";
import { compile } from "../../../schema/compile/compile.ts";
import type { Release } from "../../../schema/compile/release.ts";
import { normalize } from "../../../schema/flag/flag.ts";
import { defaultProject } from "../../../schema/project/project.ts";
import { writeRelease } from "../../../store/build/release-directory.ts";
import { temporaryDirectory } from "../../git/repository.ts";
import { bundleModule } from "../../setup/bundle-module.ts";
import { readCheckedRelease } from "./checked-release.ts";

const time = "2024-08-31T12:00:00Z";

/** The file of one of the flags. */
export const flagFile = "v1/feature-flags/improvement_1.json";

/** A release of `size` flags. The flags in `on` are on. Its commit is `letter`, 40 times. */
export function release(letter: string, size: number, on: readonly number[] = []): Release {
  const flags = Array.from({ length: size }, (_, index) => ({
    ...normalize(
      `improvement_${index}`,
      {
        enabled: on.includes(index),
        description: "Plan meals",
      },
      defaultProject,
    ),
    ...{
      file: `flags/a/improvement_${index}.yaml`,
      object: "1",
      created_at: time,
      updated_at: time,
    },
  }));
  return compile({
    commit: letter.repeat(40),
    committed_at: time,
    updated_at: time,
    flags,
    audiences: [],
    project: defaultProject,
  });
}

/** A path for a release in a new directory. */
export function newPath(): string {
  return path.join(temporaryDirectory(), "release");
}

/** Checks that `directory` holds a whole release, and returns the first letter of its commit. */
export function letterOf(directory: string): string {
  return readCheckedRelease(directory).commit.charAt(0);
}

/** The names in the parent of `directory`. */
export function siblings(directory: string): string[] {
  return readdirSync(path.dirname(directory)).sort();
}

/** Checks that nothing is beside the release. */
export function expectNoLeftovers(directory: string): void {
  expect(["release"]).toEqual(expect.arrayContaining(siblings(directory)));
}

/** Writes another release beside `directory`, as a killed build leaves one. */
export function leave(directory: string, name: string, what: Release): string {
  const made = newPath();
  writeRelease(made, what);
  const left = path.join(path.dirname(directory), name);
  renameSync(made, left);
  return left;
}

/** A process id that no process has. */
export const unusedPid = 99_999_999;

export interface BuildProcess {
  readonly child: ChildProcess;
  /** Resolves when the process begins to build. */
  readonly begins: Promise<unknown>;
  readonly ended: Promise<{ code: number | null; stderr: string }>;
}

/** Starts a process that writes each of `releases` into `directory` in turn, `times` times in all. */
export function startBuilds(
  directory: string,
  releases: readonly Release[],
  times: number,
  env = {},
): BuildProcess {
  const script = bundleModule(new URL("./write-releases.ts", import.meta.url));
  const file = path.join(temporaryDirectory(), "releases.json");
  writeFileSync(file, JSON.stringify(releases));
  const child = spawn(process.execPath, [script, directory, file, `${times}`], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const ended = once(child, "close").then(([code]) => ({ code, stderr }));
  return { child, begins: once(child.stdout, "data"), ended };
}
