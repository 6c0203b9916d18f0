import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";

const { jobs } = parse(readFileSync(".github/workflows/tests.yml", "utf8"));
const { engines } = JSON.parse(readFileSync("package.json", "utf8"));
const ours = readFileSync(".node-version", "utf8").trim();

describe("tests.yml", () => {
  test("tests the oldest Node that package.json allows, every even major version after it, and ours", () => {
    const versions: string[] = jobs.node.strategy.matrix.node;
    expect(`${engines.node}.0`).toBe(`>=${versions[0]}`);
    expect(versions.at(-1)).toBe(ours);
    const majors = versions.map((version) => Number.parseInt(version, 10));
    expect(majors).toEqual(majors.map((_, index) => Number(majors[0]) + 2 * index));
    const setUp = jobs.node.steps.find(({ uses = "" }) => uses.startsWith("actions/setup-node@"));
    // biome-ignore lint/suspicious/noTemplateCurlyInString: GitHub's expressions look like it
    expect(setUp.with["node-version"]).toBe("${{ matrix.node }}");
  });

  test.each([
    ["success", "success", 0],
    ["success", "skipped", 0],
    ["success", "failure", 1],
    ["success", "cancelled", 1],
    ["failure", "skipped", 1],
    ["skipped", "skipped", 1],
  ])(
    "the check Tests, if Changes ends with %s and Node with %s, exits %i",
    (changes, node, code) => {
      const { steps, needs, if: condition } = jobs.tests;
      // biome-ignore lint/suspicious/noTemplateCurlyInString: GitHub's expressions look like it
      expect([needs, condition]).toEqual([["changes", "node"], "${{ always() }}"]);
      const env = { ...process.env, CHANGES: changes, NODE: node };
      const { status } = spawnSync("bash", ["-e", "-c", steps[0].run], { env });
      expect(status).toBe(code);
    },
  );
});
