import { expect, test } from "vitest";
import { createCheck, findOfrepMismatches, patch } from "./protocol.ts";

const bulk = "/ofrep/v1/evaluate/flags";
const flag = (value: unknown, reason = "STATIC") => {
  return { key: "a", value, variant: "on", reason, metadata: {} };
};
/** For each step of the patch, a correct answer that is rejected without it. */
const needs = [
  flag(true),
  flag(2),
  flag(false, "DEFAULT"),
  { key: "a", errorCode: "GENERAL", errorDetails: "" },
];

test.each(patch.map((step, index) => ({ ...step, index })))(
  "OFREP's description rejects a correct answer without this correction: $reason",
  ({ index }) => {
    const answer = { flags: [needs[index]], metadata: {} };
    expect(createCheck(patch.toSpliced(index, 1))(bulk, 200, answer)).not.toEqual([]);
    expect(createCheck()(bulk, 200, answer)).toEqual([]);
  },
);

test.each([
  [200, { flags: [{ ...flag(true), variant: 1 }] }],
  [200, { flags: [{ ...flag(null) }] }],
  [200, { flags: [{ key: "a", errorCode: "UNKNOWN" }] }],
  [200, { metadata: {} }],
  [200, { flags: [], eventStreams: [{ type: "sse" }] }],
  [200, { flags: [], eventStreams: [{ type: "sse", url: "/a", endpoint: { requestUri: "/a" } }] }],
  [400, { errorDetails: "no code" }],
])("findOfrepMismatches() finds the error of %i %j", (status, body) => {
  const seen = { method: "POST", path: bulk, status, body: JSON.stringify(body) };
  expect(findOfrepMismatches(seen)).not.toEqual([]);
  expect(findOfrepMismatches({ ...seen, path: `/test${bulk}?a=1` })).not.toEqual([]);
});

test("findOfrepMismatches() finds an answer for one flag that has another code than its status", () => {
  const seen = { method: "POST", path: `${bulk}/a`, status: 404 };
  const body = JSON.stringify({ key: "a", errorCode: "GENERAL", errorDetails: "" });
  expect(findOfrepMismatches({ ...seen, body })).not.toEqual([]);
});
