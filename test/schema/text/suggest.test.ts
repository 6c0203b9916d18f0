import { expect, test } from "vitest";
import { suggest } from "../../../schema/text/suggest.ts";

const environments = ["production", "qa", "development", "develop"];

test.each([
  ["prodution", "production"],
  ["prod", "production"],
  ["PROD", "production"],
  ["pr", undefined],
  ["qs", "qa"],
  ["dev", undefined],
  ["elsewhere", undefined],
])("suggest() for %s is %s", (word, wanted) => {
  expect(suggest(word, environments)).toBe(wanted);
});
