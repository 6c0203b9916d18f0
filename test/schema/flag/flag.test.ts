import { readdirSync, readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { expect, test } from "vitest";
import { editorSchemas } from "../../../schema/flag/editor-schema.ts";
import schema from "../../../schema/flag/flag.schema.json" with { type: "json" };
import { normalize } from "../../../schema/flag/flag.ts";
import policy from "../../../schema/project/policy.schema.json" with { type: "json" };
import { defaultProject, normalizeProject } from "../../../schema/project/project.ts";
import { decisionsOf } from "../snapshots.ts";

const { environments } = defaultProject;

test("flag.schema.json names no environment, and editorSchemas() those of the project", () => {
  for (const environment of environments) {
    expect(JSON.stringify(schema)).not.toMatch(new RegExp(`\\b${environment}\\b`));
  }
  const project = normalizeProject({ environments: ["production", "qa", "dev"] }, "");
  const texts = editorSchemas(project, []);
  const flagSchema = JSON.parse(texts.get("schema/flag.schema.json") ?? "");
  expect(Object.keys(flagSchema.properties.environments.properties)).toEqual(["qa", "dev"]);
  expect(flagSchema.properties.environments.additionalProperties).toBe(false);
  const projectSchema = JSON.parse(texts.get("schema/bunting.schema.json") ?? "");
  expect(projectSchema.properties.protected.items.enum).toEqual(project.environments);
});

test("normalize() fills in every default", () => {
  expect(normalize("meal_planning", { enabled: true }, defaultProject)).toEqual({
    name: "meal_planning",
    description: "",
    owner: "",
    type: "release",
    expires: "",
    private: false,
    metadata: {},
    requires: [],
    audiences: [],
    decisions: decisionsOf({ application: true, staging: true, development: true }),
    schedules: [],
  });
});

test("normalize() uses the block of an environment", () => {
  const file = {
    enabled: false,
    description: "Show costs",
    owner: "nutrition",
    type: "experiment",
    expires: "2027-03-31",
    private: false,
    environments: { staging: { enabled: true } },
  } as const;
  const { enabled, environments: _, ...rest } = file;
  expect(normalize("meal_cost", file, defaultProject)).toEqual({
    ...rest,
    name: "meal_cost",
    metadata: {},
    requires: [],
    audiences: [],
    decisions: decisionsOf({ application: enabled, staging: true, development: false }),
    schedules: [],
  });
});

test("flag.schema.json describes each key with a sentence", () => {
  const { environments: all, ...others } = schema.properties;
  const described = [schema, all, ...Object.values(others), schema.$defs.override];
  const silent = described.filter(({ description }) => !/^[A-Z`].{20,}\.$/.test(description));
  expect(silent).toEqual([]);
});

test("policy.schema.json describes each key with a sentence", () => {
  const [property] = Object.values(policy.properties);
  const described = [policy, property, property?.items];
  expect(described.filter((part) => !/^[A-Z`[].{20,}\.$/.test(part?.description ?? ""))).toEqual(
    [],
  );
});

const folder = new URL("../../../schema/", import.meta.url);
const schemas = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) =>
  file.endsWith(".schema.json"),
);

test.each(schemas)("%s is a JSON Schema 2020-12, and is compiled without a warning", (file) => {
  const written = JSON.parse(readFileSync(new URL(file, folder), "utf8"));
  const ajv = new Ajv2020({ strict: true, formats: { date: true, "date-time": true } });
  expect(ajv.validateSchema(written), ajv.errorsText()).toBe(true);
  expect(() => ajv.compile(written)).not.toThrow();
});

test("these tests cover all schemas", () => {
  expect(schemas).toEqual(
    expect.arrayContaining(
      ["github/artifact", "flag", "project/policy", "responses"].map(
        (name) => `${name}.schema.json`,
      ),
    ),
  );
});

test("normalize() keeps metadata, and shares the decisions of plain flags", () => {
  const project = { environments: ["production", "qa", "dev"], attributes: {} };
  const file = {
    enabled: true,
    metadata: { issue: "MT-1" },
    environments: { qa: { enabled: false }, production: { enabled: false } },
  };
  const flag = normalize("cart", file, project);
  expect(flag.metadata).toEqual({ issue: "MT-1" });
  expect(flag.decisions).toEqual({
    production: { enabled: true },
    qa: { enabled: false },
    dev: { enabled: true },
  });
  expect(flag.decisions.dev).toBe(flag.decisions.production);
  expect(Object.keys(flag.decisions)).toEqual(project.environments);
});
