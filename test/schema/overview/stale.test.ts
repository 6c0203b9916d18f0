/**
 * The expected texts about stale flags are in `test/fixtures/comments/`. After a change of texts, check
 * the difference, then run:
 *
 *     BLESS=1 npx vitest run test/schema/overview/stale.test.ts
 */
import { describe, expect, test } from "vitest";
import { normalize } from "../../../schema/flag/flag.ts";
import type { TimedFlag } from "../../../schema/flag/snapshot.ts";
import {
  fingerprint,
  formatRemoval,
  formatStaleIssue,
  readMarker,
} from "../../../schema/github/stale-issue.ts";
import { findStale, needsHistory } from "../../../schema/overview/stale.ts";
import { defaultProject } from "../../../schema/project/project.ts";
import { expectGolden } from "../golden.ts";
import { decisionsOf } from "../snapshots.ts";

const today = "2026-11-26";
const [longAgo, lately] = ["2026-10-16T23:59:59Z", "2026-10-17T00:00:00Z"];

function flag(name: string, changes: Partial<TimedFlag> = {}): TimedFlag {
  const written = { enabled: true, description: "Plan meals", owner: "nutrition" };
  const times = { created_at: "2025-01-01T00:00:00Z", updated_at: longAgo };
  const file = `flags/nutrition/${name}.yaml`;
  return { ...normalize(name, written, defaultProject), file, object: "1", ...times, ...changes };
}

const states = (application: boolean, staging: boolean, development: boolean) => ({
  decisions: decisionsOf({ application, staging, development }),
});

function reasons(flags: TimedFlag[], lastToggled: Record<string, string> = {}) {
  const stale = findStale(flags, new Map(Object.entries(lastToggled)), today, 40);
  return stale.map(({ flag: { name }, reason }) => `${name}: ${reason}`);
}

describe("findStale()", () => {
  test("names the flags that must stop requiring a stale flag before it goes", () => {
    const young = { created_at: lately, updated_at: lately, requires: ["a"] };
    const flags = [flag("a"), flag("c", young), flag("b", young)];
    const [stale, ...others] = findStale(flags, new Map(), today, 40);
    expect(others).toEqual([]);
    expect(stale?.requiredBy).toEqual(["b", "c"]);
    expect(stale?.reason).toBe(
      "It has been on for everyone since 2026-10-16, and b, c must stop requiring it first",
    );
  });

  test.each([
    ["on for everyone for 41 days", flag("a"), "It has been on for everyone since 2026-10-16"],
    [
      "off for everyone for 41 days",
      flag("a", states(false, false, false)),
      "It has been off for everyone since 2026-10-16",
    ],
    ["past its day", flag("a", { expires: "2026-11-26" }), "It expired on 2026-11-26"],
    [
      "past its day, and changed just now",
      flag("a", { expires: "2026-01-31", updated_at: lately }),
      "It expired on 2026-01-31",
    ],
    [
      "an experiment past its day",
      flag("a", { type: "experiment", expires: "2026-11-01" }),
      "The experiment ended on 2026-11-01",
    ],
    [
      "a permission past its day",
      flag("a", { type: "permission", expires: "2026-11-01" }),
      "It expired on 2026-11-01",
    ],
  ])("includes a flag that is %s", (_what, one, reason) => {
    expect(reasons([one])).toEqual([`a: ${reason}`]);
  });

  test.each([
    ["40 days the same", flag("a", { updated_at: lately })],
    ["not everywhere the same", flag("a", states(true, true, false))],
    ["a kill switch", flag("a", { type: "kill_switch" })],
    ["a kill switch past its day", flag("a", { type: "kill_switch", expires: "2026-01-01" })],
    ["an experiment with time left", flag("a", { type: "experiment", expires: "2026-11-27" })],
    ["operational", flag("a", { type: "operational" })],
    ["a permission", flag("a", { type: "permission" })],
  ])("leaves out a flag that is %s", (_what, one) => {
    expect(reasons([one])).toEqual([]);
  });

  test("counts from the change of the state, not from the last edit; the longest overdue first", () => {
    const edited = flag("edited", { updated_at: "2026-11-25T00:00:00Z" });
    const turned = flag("turned", { updated_at: "2026-11-25T00:00:00Z" });
    const lastToggled = { edited: "2026-03-01T12:00:00Z", turned: "2026-11-20T12:00:00Z" };
    expect(reasons([flag("a"), turned, edited], lastToggled)).toEqual([
      "edited: It has been on for everyone since 2026-03-01",
      "a: It has been on for everyone since 2026-10-16",
    ]);
  });

  test.each([
    ["was edited long ago", {}, true],
    ["was edited lately", { updated_at: lately }, true],
    ["was never edited", { created_at: longAgo }, false],
    ["is young", { created_at: lately, updated_at: "2026-11-01T00:00:00Z" }, false],
    ["is not everywhere the same", states(true, false, true), false],
  ])("needsHistory() of a flag that %s", (_what, changes, needs) => {
    expect(needsHistory(flag("a", changes), today, 40)).toBe(needs);
  });
});

describe("formatStaleIssue() and formatRemoval()", () => {
  const hostile =
    "@everyone </details> <!-- bunting:stale other --> `code` ``` | [x](javascript:1)";
  const [stale] = findStale(
    [flag("meal_planning", { description: hostile })],
    new Map(),
    today,
    40,
  );
  if (!stale) throw new Error("It is stale");
  const references = { shown: ["web/src/plan.ts:12", "web/src/`@evil`.ts:3"], all: 45 };

  test.each([
    ["stale-issue.md", formatStaleIssue(stale, references)],
    ["stale-unsearched.md", formatStaleIssue(stale, undefined)],
    ["stale-removal.md", formatRemoval(stale, 12)],
  ])("returns the text in comments/%s", (file, text) => {
    expectGolden(text, `comments/${file}`);
    expect(readMarker(text)).toEqual({ name: "meal_planning", fingerprint: fingerprint(stale) });
    const other = text.replace("bunting:stale meal_planning", "bunting:stale Meal-Planning");
    expect(readMarker(other)?.name).toBe("Meal-Planning");
  });

  test("is reported again only after a change of the flag, or for another reason", () => {
    const print = (changes: Partial<TimedFlag>, turned = "2026-03-01T12:00:00Z") => {
      const lastToggled = new Map([["meal_planning", turned]]);
      const [one] = findStale([flag("meal_planning", changes)], lastToggled, today, 40);
      return one && fingerprint(one);
    };
    expect(print({ updated_at: "2026-01-01T00:00:00Z" })).toBe(print({}));
    expect(print({ object: "2" })).not.toBe(print({}));
    expect(print({ expires: "2026-01-01" })).not.toBe(print({}));
    // Toggled twice, with the same bytes at the end.
    expect(print({}, "2026-06-01T12:00:00Z")).not.toBe(print({}));
  });

  test.each([
    "",
    "<!-- bunting:stale A -->",
    "x <!-- bunting:stale a -->\n<!-- seen 0123456789ab -->",
  ])("readMarker() finds no marker in %j", (body) => {
    expect(readMarker(body)).toBeUndefined();
  });
});
