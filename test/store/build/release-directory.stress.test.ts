/** Builds that are killed at random, and builds at the same time. `REPEAT` multiplies the rounds. */
import { existsSync, rmSync } from "node:fs";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import fc from "fast-check";
import { expect, test } from "vitest";
import { writeRelease } from "../../../store/build/release-directory.ts";
import { expectNoLeftovers, letterOf, newPath, release, startBuilds } from "./releases.ts";

const repeat = Number(process.env.REPEAT ?? 1);
const releases = [release("a", 20, [1, 2]), release("b", 20, [3]), release("c", 19, [4])];

test("writeRelease() killed at random moments leaves a whole release, or the next build restores it", async () => {
  const seed = Number(process.env.SEED ?? Date.now() % 1_000_000);
  process.stdout.write(`Kills builds with SEED=${seed}\n`);
  const trials = fc.sample(fc.tuple(fc.nat(60), fc.nat(9)), { seed, numRuns: 50 * repeat });
  async function runTrials() {
    for (let next = trials.pop(); next; next = trials.pop()) await trial(...next);
  }
  async function trial(delayMs: number, chance: number) {
    const directory = newPath();
    const builds = Array.from({ length: chance === 0 ? 2 : 1 }, () =>
      startBuilds(directory, releases, 1e9),
    );
    await Promise.all(builds.map(({ begins }) => begins));
    for (const { child } of builds) {
      await pause(delayMs);
      child.kill("SIGKILL");
    }
    await Promise.all(builds.map(({ ended }) => ended));

    const trialName = `SEED=${seed}, killed after ${delayMs} ms`;
    if (existsSync(directory)) expect(letterOf(directory), trialName).toMatch(/[abc]/);
    for (const one of releases.slice(0, 2)) {
      writeRelease(directory, one);
      expect(letterOf(directory), trialName).toBe(one.commit.charAt(0));
    }
    expectNoLeftovers(directory);
    rmSync(path.dirname(directory), { recursive: true });
  }
  await Promise.all([runTrials(), runTrials()]);
});

test("writeRelease() in two processes at once leaves one whole release", async () => {
  const directory = newPath();
  const builds = releases.slice(0, 2).map((one) => startBuilds(directory, [one], 100 * repeat));
  const ends = await Promise.all(builds.map(({ ended }) => ended));
  expect(ends).toEqual(builds.map(() => ({ code: 0, stderr: "" })));
  expect(letterOf(directory)).toMatch(/[ab]/);
  expectNoLeftovers(directory);
});
