import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import schema from "../../schema/flag.schema.json" with { type: "json" };
import { defaultProject } from "../../schema/project/project.ts";
import { matches, ownersOf, parseOwners } from "./site/owners.ts";

const { environments } = defaultProject;

/** This file and the folders of `flags/` are the sample's; the tests hold for those of any team. */
describe("CODEOWNERS", () => {
  const lines = parseOwners(readFileSync(".github/CODEOWNERS", "utf8"));
  const files = spawnSync("git", ["ls-files", "-z"], { encoding: "utf8" }).stdout.split("\0");

  test("every folder of flags/ has an owner line of its own", () => {
    const folders = readdirSync("flags", { withFileTypes: true }).filter((one) =>
      one.isDirectory(),
    );
    const patterns = lines.map(({ pattern }) => pattern);
    expect(folders).not.toEqual([]);
    for (const { name } of folders) {
      const cure = `add a line "/flags/${name}/" with its owners to .github/CODEOWNERS`;
      expect(patterns, cure).toContain(`/flags/${name}/`);
    }
  });

  /** Files that decide which bytes clients get, or that run with the right to publish. */
  test.each([
    ...[
      "schema/flag.schema.json",
      "schema/plan/plan.ts",
      "scripts/publish/publish.ts",
      "server/app.ts",
    ],
    ...["store/publish/publish.ts", "client/flags.ts", "bunting.yaml", "package-lock.json"],
    ...[".npmrc", ".node-version", "tsconfig.json", "vitest.config.ts", "action.yml"],
    ...[".github/workflows/publish.yml", ".github/CODEOWNERS", ".ci/run"],
  ])("%s has other owners than the default", (file) => {
    expect(lines.findLast(({ pattern }) => matches(pattern, file))?.pattern).not.toBe("*");
  });

  test("a sed command in its comments replaces the organisation of every team", () => {
    const text = readFileSync(".github/CODEOWNERS", "utf8");
    for (const [, script = ""] of text.matchAll(/^# {5}sed -i '([^']+)'/gm)) {
      const { stdout } = spawnSync("sed", [script], { input: text, encoding: "utf8" });
      const teams = parseOwners(stdout).flatMap(({ owners }) => owners);
      expect(teams).not.toEqual([]);
      expect(teams.filter((team) => !team.startsWith("@YOUR-ORGANISATION/"))).toEqual([]);
    }
  });

  test("every line has owners and matches a file", () => {
    for (const { pattern, owners } of lines) {
      expect(owners.length, pattern).toBeGreaterThan(0);
      for (const owner of owners) expect(owner).toMatch(/^@[\w-]+\/[\w-]+$/);
      if (pattern === "/flags/*") continue; // files that hold for all flags may come later
      expect(
        files.some((file) => matches(pattern, file)),
        pattern,
      ).toBe(true);
    }
  });

  test("ownersOf() uses the last matching line, and matches() refuses unknown patterns", () => {
    const some = parseOwners("# all\n* @a/b\n/c/ @a/c @a/d # why\n/c/* @a/e\n/c/f @a/f\n");
    expect(ownersOf(some, "x")).toEqual(["@a/b"]);
    expect(ownersOf(some, "c/d/e")).toEqual(["@a/c", "@a/d"]);
    expect(ownersOf(some, "c/d")).toEqual(["@a/e"]);
    expect(ownersOf(some, "c/f")).toEqual(["@a/f"]);
    expect(() => matches("**/x", "x")).toThrow('Cannot read the pattern "**/x"');
  });
});

describe("issue forms", () => {
  const forms = readdirSync(".github/ISSUE_TEMPLATE").filter((name) => name !== "config.yml");

  /** https://docs.github.com/communities/using-templates-to-encourage-useful-issues-and-pull-requests/syntax-for-githubs-form-schema */
  test.each(forms)("%s has only keys that GitHub accepts", (name) => {
    const form = read(name);
    expect(Object.keys(form).sort()).toEqual(["body", "description", "labels", "name", "title"]);
    const fields = form.body.filter(({ type }) => type !== "markdown");
    const ids = fields.map(({ id }) => id);
    expect(new Set(ids).size).toBe(fields.length);
    for (const { id } of fields) expect(id).toMatch(/^[\w-]+$/);
    for (const { type, attributes } of form.body) {
      expect(["markdown", "input", "textarea", "dropdown", "checkboxes"]).toContain(type);
      expect(attributes).toHaveProperty(type === "markdown" ? "value" : "label");
    }
  });

  test("new-flag.yml has only fields that are keys of a flag file", () => {
    const fields = read("new-flag.yml").body.flatMap(({ id }) => (id === undefined ? [] : [id]));
    expect(fields).toEqual(expect.arrayContaining(["name", "description", "owner", "expires"]));
    const keys = Object.keys(schema.properties);
    expect(fields.filter((id) => id !== "name" && !keys.includes(id))).toEqual([]);
  });

  test("new-flag.yml offers the types of the schema and the default environments", () => {
    const options = (id: string) =>
      read("new-flag.yml").body.find((field) => field.id === id)?.attributes.options;
    expect(options("type")).toEqual(schema.properties.type.enum);
    const labels = (options("environments") as { label: string }[]).map(({ label }) => label);
    expect(labels.sort()).toEqual([...environments].sort());
  });
});

interface Form {
  readonly body: readonly {
    readonly type: string;
    readonly id?: string;
    readonly attributes: Readonly<Record<string, unknown>>;
  }[];
}

function read(name: string): Form {
  return parse(readFileSync(`.github/ISSUE_TEMPLATE/${name}`, "utf8"));
}

test("Dependabot updates npm packages and the workflows' actions", () => {
  const { version, updates } = parse(readFileSync(".github/dependabot.yml", "utf8"));
  const ecosystems = updates.map((update: Record<string, unknown>) => update["package-ecosystem"]);
  expect({ version, ecosystems }).toEqual({ version: 2, ecosystems: ["npm", "github-actions"] });
});
