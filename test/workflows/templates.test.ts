import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import schema from "../../schema/flag.schema.json" with { type: "json" };
import { defaultProject } from "../../schema/project/project.ts";
import { matches, ownersOf, parseOwners } from "./owners.ts";

const { environments } = defaultProject;

describe("CODEOWNERS", () => {
  const lines = parseOwners(readFileSync(".github/CODEOWNERS", "utf8"));
  const files = spawnSync("git", ["ls-files", "-z"], { encoding: "utf8" }).stdout.split("\0");

  test("every folder of flags/ has an owner line of its own", () => {
    const folders = readdirSync("flags", { withFileTypes: true }).filter((one) =>
      one.isDirectory(),
    );
    const patterns = lines.map(({ pattern }) => pattern);
    expect(folders.length).toBeGreaterThan(3);
    for (const { name } of folders) {
      const cure = `add the line "/flags/${name}/  @mealtrack/${name}" to .github/CODEOWNERS`;
      expect(patterns, cure).toContain(`/flags/${name}/`);
    }
  });

  test.each([
    ["schema/flag.schema.json", "flags-core"],
    ["schema/plan/plan.ts", "flags-core"],
    ["scripts/publish.ts", "flags-core"],
    ["server/app.ts", "flags-core"],
    ["store/publish/publish.ts", "flags-core"],
    ["client/flags.ts", "frontend"],
    [".github/workflows/publish.yml", "security"],
    [".github/CODEOWNERS", "security"],
    ["package-lock.json", "flags-core"],
    [".npmrc", "flags-core"],
    [".node-version", "flags-core"],
    ["tsconfig.json", "flags-core"],
    ["vitest.config.ts", "flags-core"],
    ["action.yml", "security"],
    ["flags/billing/annual_plan_checkout.yaml", "billing"],
    ["bunting.yaml", "flags-core"],
    ["README.md", "platform"],
  ])("%s belongs to %s", (file, team) => {
    expect(ownersOf(lines, file)).toContain(`@mealtrack/${team}`);
  });

  test("the command in its head replaces every team", () => {
    const text = readFileSync(".github/CODEOWNERS", "utf8");
    const script = /^# {5}sed -i '([^']+)'/m.exec(text)?.[1] ?? "";
    const { stdout } = spawnSync("sed", [script], { input: text, encoding: "utf8" });
    const teams = parseOwners(stdout).flatMap(({ owners }) => owners);
    expect(teams.length).toBeGreaterThan(10);
    expect(teams.filter((team) => !team.startsWith("@YOUR-ORGANISATION/"))).toEqual([]);
  });

  test("every line has owners, and matches something that is there", () => {
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

  test("the last line that matches decides, and only patterns that are understood are taken", () => {
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
  test.each(forms)("%s is one that GitHub takes", (name) => {
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

  test("new-flag.yml asks for keys of a flag file only", () => {
    const fields = read("new-flag.yml").body.flatMap(({ id }) => (id === undefined ? [] : [id]));
    expect(fields).toEqual(expect.arrayContaining(["name", "description", "owner", "expires"]));
    const keys = Object.keys(schema.properties);
    expect(fields.filter((id) => id !== "name" && !keys.includes(id))).toEqual([]);
  });

  test("new-flag.yml offers the types and environments that there are", () => {
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

test("Dependabot looks after npm and the workflows' actions", () => {
  const { version, updates } = parse(readFileSync(".github/dependabot.yml", "utf8"));
  const ecosystems = updates.map((update: Record<string, unknown>) => update["package-ecosystem"]);
  expect({ version, ecosystems }).toEqual({ version: 2, ecosystems: ["npm", "github-actions"] });
});
