import { Ajv2020 } from "ajv/dist/2020.js";
import { expect, test } from "vitest";
import schema from "../../schema/flag.schema.json" with { type: "json" };
import { environments, normalize } from "../../schema/flag.ts";
import policy from "../../schema/policy.schema.json" with { type: "json" };
import responses from "../../schema/responses.schema.json" with { type: "json" };

test("environments begin with application, then follow flag.schema.json", () => {
  expect(environments).toEqual(["application", "staging", "development"]);
  expect(Object.keys(schema.properties.environments.properties)).toEqual(environments.slice(1));
});

test("normalize() fills in every default", () => {
  expect(normalize("meal_planning", { enabled: true })).toEqual({
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
  expect(normalize("meal_cost", file)).toEqual({
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

test.each([schema, policy, responses])("$title is a JSON Schema 2020-12", (written) => {
  const ajv = new Ajv2020();
  expect(ajv.validateSchema(written), ajv.errorsText()).toBe(true);
});
