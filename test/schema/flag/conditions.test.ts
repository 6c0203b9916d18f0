import { expect, test } from "vitest";
import { type MatcherFile, parseRange, toConditions } from "../../../schema/flag/conditions.ts";

const attributes = { country: "string", age: "number", beta: "boolean", app: "version" } as const;

test.each<[string, MatcherFile, unknown]>([
  ["country", "SE", [["country", "in", ["SE"]]]],
  ["country", ["SE", "DK"], [["country", "in", ["SE", "DK"]]]],
  ["country", { not: "SE" }, [["country", "not", ["SE"]]]],
  ["country", { not: ["SE", "DK"] }, [["country", "not", ["SE", "DK"]]]],
  ["country", { starts_with: "S" }, [["country", "starts_with", "S"]]],
  ["country", { ends_with: "E" }, [["country", "ends_with", "E"]]],
  ["age", 18, [["age", "in", [18]]]],
  [
    "age",
    { min: 18, max: 65 },
    [
      ["age", "min", 18],
      ["age", "max", 65],
    ],
  ],
  ["beta", false, [["beta", "in", [false]]]],
  ["app", ">=4.2.0", [["app", ">=", "4.2.0"]]],
])("toConditions() reads %s: %j", (attribute, matcher, conditions) => {
  expect(toConditions({ [attribute]: matcher }, attributes)).toEqual(conditions);
});

test.each(["4.2.0", ">4.x", "=>4", "", "> ", "<4.2.0.1"])("parseRange() refuses %j", (text) => {
  expect(parseRange(text)).toBeUndefined();
});
