import { expect, test } from "vitest";
import { checkName, flagNameOf } from "../../../schema/flag/name.ts";
import { nameStyles } from "../../../schema/project/name-pattern.ts";
import { defaultProject } from "../../../schema/project/project.ts";

test.each([
  "nutrition/meal_planning.yaml",
  "meal_planning.yaml",
  "growth-web/checkout/new_checkout.yaml",
  "a/b2_c3.yaml",
  `a/${"a".repeat(64)}.yaml`,
  "a/meal_planning_v2.yaml",
  "a/test_results.yaml",
  "a/feature_tour.yaml",
  "a/constructors.yaml",
  "a/steps_10000_goal.yaml",
])("checkName() accepts %s", (path) => {
  expect(checkName(path, defaultProject)).toEqual([]);
});

test.each([
  ["Flag.yaml", "flag.yaml"],
  ["a/mealPlanning.yaml", "meal_planning.yaml"],
  ["a/MEAL_PLANNING.yaml", "meal_planning.yaml"],
  ["a/my-flag.yaml", "my_flag.yaml"],
  ["a/meal planning.yaml", "meal_planning.yaml"],
  ["a/meal__planning.yaml", "meal_planning.yaml"],
  ["a/_meal.yaml", "meal.yaml"],
  ["a/meal_.yaml", "meal.yaml"],
  ["a/2fa.yaml", "fa.yaml"],
  ["a/meal.planning.yaml", "meal_planning.yaml"],
  ["a/meal:planning.yaml", "meal_planning.yaml"],
  ["a/meal\\planning.yaml", "meal_planning.yaml"],
  ["a/meal\nplanning.yaml", "meal_planning.yaml"],
  ["a/meal\u202eplanning.yaml", "meal_planning.yaml"],
  ["a/-x.yaml", "x.yaml"],
])("checkName() refuses %j and suggests a name", (path, near) => {
  const [finding, ...others] = checkName(path, defaultProject);
  expect(others).toEqual([]);
  expect(finding).toMatchObject({ line: 1, column: 1, code: "invalid-name" });
  expect(finding?.hint).toBe(`rename the file to "${near}"`);
});

test.each([
  ["a name of 65 letters", `a/${"a".repeat(65)}.yaml`],
  ["a name without a letter", "a/123.yaml"],
  ["no name", "a/.yaml"],
  ["another script", "a/餐.yaml"],
])("checkName() refuses %s without a suggestion", (_what, path) => {
  const [finding] = checkName(path, defaultProject);
  expect(finding).toMatchObject({ line: 1, column: 1, code: "invalid-name" });
  expect(finding).not.toHaveProperty("hint");
});

test.each([
  ["Nutrition/meal_cost.yaml"],
  ["a b/meal_cost.yaml"],
  ["nutrition/../meal_cost.yaml"],
  ["./meal_cost.yaml"],
  ["a//meal_cost.yaml"],
  ["ｎ/meal_cost.yaml"],
  ["a\nb/meal_cost.yaml"],
])("checkName() refuses the folder of %j", (path) => {
  expect(checkName(path, defaultProject)).toMatchObject([{ code: "invalid-name" }]);
});

test.each([
  ["README"],
  ["README.md"],
  ["a/meal_cost.yml"],
  ["a/meal_cost.yaml~"],
  ["a/meal_cost.yaml.orig"],
  ["a/#meal_cost.yaml#"],
  ["a/.meal_cost.yaml.swp"],
  ["a/meal_cost.YAML"],
  ["a/meal_cost.json"],
  ["a/.gitkeep"],
  ["a/.DS_Store"],
  ["a/meal_cost"],
])("checkName() reports that %s is not a flag", (path) => {
  expect(checkName(path, defaultProject)).toMatchObject([
    { line: 1, column: 1, code: "not-a-flag" },
  ]);
});

test("checkName() says how to rename a .yml", () => {
  expect(checkName("a/mealCost.yml", defaultProject)[0]?.hint).toBe('rename it to "mealCost.yaml"');
});

test.each(["constructor", "prototype", "index"])("checkName() refuses the reserved %s", (name) => {
  expect(checkName(`a/${name}.yaml`, defaultProject)).toMatchObject([{ code: "reserved-name" }]);
});

test.each(["__proto__", "__defineGetter__"])("checkName() refuses %s", (name) => {
  expect(checkName(`a/${name}.yaml`, defaultProject)).toContainEqual(
    expect.objectContaining({ code: "invalid-name" }),
  );
});

test.each([
  "feature_1",
  "test_flag",
  "flag",
  "flag2",
  "new_feature",
  "my_feature",
  "foo",
  "tmp",
  "feature_v2",
  "v2",
  "x1",
  "temp_toggle_3",
])("checkName() warns of the generic name %s", (name) => {
  expect(checkName(`a/${name}.yaml`, defaultProject)).toMatchObject([{ code: "generic-name" }]);
});

test.each([
  [defaultProject.names, "name what it turns on, like meal_planning_v2"],
  [
    { pattern: nameStyles["kebab-case"].pattern, longest: 64 },
    "name what it turns on, like meal-planning-v2",
  ],
  [{ pattern: "^[A-Z0-9_]+$", longest: 64 }, "name what it turns on"],
])("checkName() proposes a name that %j allows", (names, hint) => {
  expect(
    checkName(`a/${names.pattern.includes("A-Z") ? "X1" : "x1"}.yaml`, { names }),
  ).toMatchObject([{ code: "generic-name", hint }]);
});

test.each([
  ["ann@example.com", ["invalid-name", "personal-data"]],
  ["call_555_010_9999", ["personal-data"]],
  ["paid_4111_1111_1111_1111", ["personal-data"]],
  ["user_078_05_1120", ["personal-data"]],
  ["goal_10000_in_2027", []],
  ["promo_2026_11_05", []],
])("checkName() looks for personal data in %s", (name, codes) => {
  expect(checkName(`a/${name}.yaml`, defaultProject).map(({ code }) => code)).toEqual(codes);
});

test.each([
  ["nutrition/meal_planning.yaml", "meal_planning"],
  ["meal_planning.yaml", "meal_planning"],
  ["a/b.yaml.yaml", "b.yaml"],
  ["a/b.yml", "b.yml"],
])("flagNameOf() of %s is %s", (path, name) => {
  expect(flagNameOf(path)).toBe(name);
});

test("checkName() has the length of a name that is too long", () => {
  const [problem] = checkName(`a/${"b".repeat(81)}.yaml`, defaultProject);
  expect(problem).toMatchObject({
    code: "invalid-name",
    message: expect.stringContaining("it has 81 characters, and at most 64 are allowed"),
  });
});

test.each([
  [nameStyles["kebab-case"].pattern, "it must be lower-case letters, digits and single hyphens"],
  ["^[A-Z]+$", "it must match the pattern of names in bunting.yaml, ^[A-Z]+$"],
])("checkName() describes what %s allows, if it is a usual style", (pattern, words) => {
  const project = { names: { pattern, longest: 40 } };
  const [finding] = checkName("a/meal_planning.yaml", project);
  expect(finding?.message).toBe(
    `Cannot use "meal_planning" as a flag's name: ${words}, at most 40`,
  );
});
