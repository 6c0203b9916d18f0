import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { normalize, ShownClone, type Step, sectionOf, stepsIn } from "./shown-commands.ts";

const root = path.resolve(import.meta.dirname, "..");
const testCommand = "npm ci && npm test";
const readme = readFileSync(path.join(root, "README.md"), "utf8");

function stepsOf(section: string): Step[] {
  return stepsIn(sectionOf(readme, section));
}

describe("README", () => {
  let clone: ShownClone;

  beforeAll(async () => {
    clone = await ShownClone.create();
  });

  afterAll(() => clone.remove());

  test("the test command is what CI runs", () => {
    expect(stepsOf("Two commands").map(({ command }) => command)).toContain(testCommand);
    expect(readFileSync(path.join(root, ".ci/run"), "utf8")).toContain(`\n${testCommand}\n`);
  });

  test("Two commands: npm start, a change and what comes of it", async () => {
    const [start, ...steps] = stepsOf("Two commands").filter(
      ({ command }) => command !== testCommand,
    );
    expect(start?.command).toBe("npm ci && npm start");
    expect(steps.length).toBeGreaterThan(2);
    await clone.whileServing(async (banner) => {
      expect(normalize(banner)).toBe(normalize(start?.output ?? ""));
      for (const step of steps.filter(({ command }) => !command.startsWith("export ")))
        await clone.check(step);
    });
  });

  for (const section of ["Flip a flag", "Roll out a feature", "Publishing", "Operations"]) {
    for (const [index, { command, output }] of stepsOf(section).entries()) {
      test(`${section}, step ${index + 1}: ${command}`, () => {
        expect(normalize(clone.run(command))).toBe(normalize(output));
      });
    }
  }

  test("API: errors look as shown", async () => {
    await clone.whileServing(async () => {
      for (const step of stepsOf("API")) await clone.check(step);
    });
  });

  test("every npm script is in the table of commands, or part of one that is", () => {
    const { scripts } = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8"));
    const known = Object.keys(scripts).filter((name) => !/:|^pre/.test(name));
    const missing = known.filter((name) => !new RegExp(`npm (run )?${name}\\b`).test(readme));
    expect(missing).toEqual([]);
  });

  test("every package that the product imports is in the table that says why", () => {
    const files = ["schema", "store", "server", "scripts"].flatMap((room) =>
      readdirSync(path.join(root, room), { recursive: true, encoding: "utf8" })
        .filter((file) => file.endsWith(".ts") && !/^(?:dev|package)\//.test(file))
        .map((file) => readFileSync(path.join(root, room, file), "utf8")),
    );
    const imports = files.flatMap((text) => [
      ...text.matchAll(/\bfrom "((?:@[\w-]+\/)?[\w-]+)|\bimport\("((?:@[\w-]+\/)?[\w-]+)/g),
    ]);
    const names = new Set(
      imports.map(([, a, b]) => a ?? b ?? "").filter((name) => name !== "node"),
    );
    expect(names).toContain("express");
    expect([...names].filter((name) => !readme.includes(`\`${name}\``))).toEqual([]);
  });
});
