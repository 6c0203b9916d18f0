// biome-ignore-all lint/suspicious/noTemplateCurlyInString: GitHub's expressions look like it
import { describe, expect, test } from "vitest";
import { evaluate, interpolate, isMet } from "./expression.ts";

const contexts = {
  github: { ref: "refs/heads/main", event: { number: 7, title: "a '}}' b", draft: false } },
  steps: { one: { outcome: "success", outputs: { id: "12" } }, two: { outcome: "failure" } },
  vars: {},
};
const well = { success: true, failure: false, cancelled: false };
const failed = { success: false, failure: true, cancelled: false };

test.each<[string, unknown]>([
  ["github.ref == 'refs/heads/main'", true],
  ["github.ref == 'REFS/HEADS/MAIN'", true],
  ["github.event.number", 7],
  ["github.event.nothing.there", null],
  ["steps.one.outcome == 'success' && 'yes' || 'no'", "yes"],
  ["steps.two.outcome == 'success' && 'yes' || 'no'", "no"],
  ["vars.LIMIT || '5'", "5"],
  ["contains(fromJSON('[\"a\", \"b\"]'), 'b')", true],
  ["format('{0}-{1}', github.event.number, 'x')", "7-x"],
])("evaluate(%j) is %j", (expression, value) => {
  expect(evaluate(expression, contexts)).toEqual(value);
});

test.each(["secrets.KEY", "evil()", "github.ref ==", "success()"])(
  "evaluate(%j) throws and names the missing value",
  (expression) => {
    expect(() => evaluate(expression, contexts)).toThrow();
  },
);

test.each([
  ["no expression", "no expression"],
  ["#${{ github.event.number }} at ${{github.ref}}", "#7 at refs/heads/main"],
  ["${{ github.event.title }}", "a '}}' b"],
  ["${{ '}}' }}", "}}"],
  ["${{ github.event.nothing }}${{ github.event.draft }}", "false"],
  ["${{ github.event }}", "Object"],
])("interpolate(%j) is %j", (text, value) => {
  expect(interpolate(text, contexts)).toBe(value);
});

describe("isMet()", () => {
  test.each<[condition: unknown, whenWell: boolean, whenFailed: boolean]>([
    [undefined, true, false],
    ["github.event.number == 7", true, false],
    ["${{ github.event.number == 8 }}", false, false],
    ["always()", true, true],
    ["${{ failure() }}", false, true],
    ["!cancelled() && steps.one.outcome == 'success'", true, true],
    ["steps.one.outcome == 'always()'", false, false],
    ["steps.one.outcome != 'always()'", true, false],
    ["success() || failure()", true, true],
    [false, false, false],
  ])("%j", (condition, whenWell, whenFailed) => {
    expect(isMet(condition, contexts, well)).toBe(whenWell);
    expect(isMet(condition, contexts, failed)).toBe(whenFailed);
  });
});
