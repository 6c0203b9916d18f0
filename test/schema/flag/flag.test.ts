import { readdirSync, readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { expect, test } from "vitest";
import { normalize } from "../../../schema/flag/flag.ts";
import schema from "../../../schema/flag.schema.json" with { type: "json" };
import policy from "../../../schema/project/policy.schema.json" with { type: "json" };
import { defaultProject } from "../../../schema/project/project.ts";

const { environments } = defaultProject;

test("environments begin with application, then follow flag.schema.json", () => {
  expect(environments).toEqual(["application", "staging", "development"]);
  expect(Object.keys(schema.properties.environments.properties)).toEqual(environments.slice(1));
});

test("normalize() fills in every default", () => {
  expect(normalize("meal_planning", { enabled: true }, defaultProject)).toEqual({
    name: "meal_planning",
    description: "",
    owner: "",
    type: "release",
    expires: "",
    enabled: { application: true, staging: true, development: true },
  });
});

test("normalize() takes from an environment what differs there", () => {
  const file = {
    enabled: false,
    description: "Show costs",
    owner: "nutrition",
    type: "experiment",
    expires: "2027-03-31",
    environments: { staging: { enabled: true } },
  } as const;
  const { enabled, environments: _, ...rest } = file;
  expect(normalize("meal_cost", file, defaultProject)).toEqual({
    ...rest,
    name: "meal_cost",
    enabled: { application: enabled, staging: true, development: false },
  });
});

test("flag.schema.json helps at each key with a sentence", () => {
  const { environments: all, ...others } = schema.properties;
  const described = [schema, all, ...Object.values(others), schema.$defs.override];
  const silent = described.filter(({ description }) => !/^[A-Z`].{20,}\.$/.test(description));
  expect(silent).toEqual([]);
});

test("policy.schema.json does too", () => {
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
  const ajv = new Ajv2020({ strict: true, formats: { date: true } });
  expect(ajv.validateSchema(written), ajv.errorsText()).toBe(true);
  expect(() => ajv.compile(written)).not.toThrow();
});

test("all schemas are looked at", () => {
  expect(schemas).toEqual(
    expect.arrayContaining(
      ["github/artifact", "flag", "project/policy", "responses"].map(
        (name) => `${name}.schema.json`,
      ),
    ),
  );
});
