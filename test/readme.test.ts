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

  test("Two commands and Services: npm start, a change and its effect, an evaluation and an error", async () => {
    const [start, ...steps] = stepsOf("Two commands").filter(
      ({ command }) => command !== testCommand,
    );
    expect(start?.command).toBe("npm ci && npm start");
    expect(steps.length).toBeGreaterThan(2);
    await clone.whileServing(async (banner) => {
      expect(normalize(banner)).toBe(normalize(start?.output ?? ""));
      for (const step of steps.filter(({ command }) => !command.startsWith("export ")))
        await clone.check(step);
      const services = stepsOf("Services");
      expect(services).toHaveLength(2);
      for (const step of services) await clone.check(step);
    });
  });

  for (const section of ["Engineers", "Operators"]) {
    for (const [index, { command, output }] of stepsOf(section).entries()) {
      test(`${section}, step ${index + 1}: ${command}`, () => {
        expect(normalize(clone.run(command))).toBe(normalize(output));
      });
    }
  }

  test("Install: a tarball of the clone, and a new repository of flags", () => {
    const steps = stepsOf("Install");
    expect(steps.map(({ command }) => command).join("\n")).toContain("npx bunting init");
    for (const { command, output } of steps) {
      expect(normalize(clone.run(command)), command).toBe(normalize(output));
    }
  });

  test("every environment variable that the product reads is in a help text or a README", () => {
    const read =
      /\benv(?:\.|, ")([A-Z]\w+)\b(?! \?\?=)|\b([A-Z][A-Z_]+)\b(?!: _)(?=[^}\n]*\} = (?:process\.)?env\b)/g;
    const names = new Set(
      sources(["schema", "store", "server", "scripts"]).flatMap((text) =>
        [...text.matchAll(read)].map(([, property, variable]) => property ?? variable ?? ""),
      ),
    );
    expect(names).toContain("FLAGS_REMOTE");
    expect(names).toContain("OIDC_ROLE_CLAIM");
    const pages = ["server/help.ts", "scripts/README.md", ".github/README.md"];
    const text = pages.map((page) => readFileSync(path.join(root, page), "utf8")).join("\n");
    expect([...names].filter((name) => !new RegExp(`\\b${name}\\b`).test(text))).toEqual([]);
  });

  test("every package that the product imports is in the table of dependencies", () => {
    const imports = sources(["schema", "store", "server", "scripts"]).flatMap((text) => [
      ...text.matchAll(/\bfrom "((?:@[\w-]+\/)?[\w-]+)|\bimport\("((?:@[\w-]+\/)?[\w-]+)/g),
    ]);
    const names = new Set(
      imports.map(([, a, b]) => a ?? b ?? "").filter((name) => name !== "node"),
    );
    expect(names).toContain("express");
    expect([...names].filter((name) => !readme.includes(`\`${name}\``))).toEqual([]);
  });
});

/** The texts of the modules of these folders, but not of tools for this repository. */
function sources(folders: readonly string[]): string[] {
  return folders.flatMap((folder) =>
    readdirSync(path.join(root, folder), { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".ts") && !/^(?:dev|package)\//.test(file))
      .map((file) => readFileSync(path.join(root, folder, file), "utf8")),
  );
}
