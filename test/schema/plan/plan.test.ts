import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { normalize } from "../../../schema/flag/flag.ts";
import type { Snapshot, TimedFlag } from "../../../schema/flag/snapshot.ts";
import { toggled } from "../../../schema/plan/difference.ts";
import { type Plan, plan, rebaseSnapshot } from "../../../schema/plan/plan.ts";
import { formatPlan, formatPlanMarkdown, summarize } from "../../../schema/plan-text/format.ts";
import { findWarnings } from "../../../schema/plan-text/warnings.ts";
import { defaultProject, normalizeProject } from "../../../schema/project/project.ts";
import { decisionsOf } from "../snapshots.ts";

const { environments } = defaultProject;

const [early, late, later] = [
  "2024-08-31T12:00:00Z",
  "2024-09-01T12:00:00Z",
  "2024-09-02T12:00:00Z",
];

function flag(name: string, changes: Partial<TimedFlag> = {}): TimedFlag {
  const file = `flags/nutrition/${name}.yaml`;
  const written = { enabled: true, description: "Plan meals", owner: "nutrition" };
  const times = { created_at: early, updated_at: early };
  return { ...normalize(name, written, defaultProject), file, object: "1", ...times, ...changes };
}

function snapshot(flags: readonly TimedFlag[], updated_at = early, commit = "1"): Snapshot {
  const [project, audiences] = [defaultProject, []];
  return {
    ...{ commit: commit.repeat(40), committed_at: updated_at, updated_at },
    ...{ flags, audiences, project },
  };
}

function states(application: boolean, staging: boolean, development: boolean) {
  return decisionsOf({ application, staging, development });
}

function paths({ responses }: Plan): string[] {
  return responses.map(({ change, path }) => `${change} ${path}`);
}

describe("plan()", () => {
  test("of a snapshot and itself is empty, for any order of its flags", () => {
    const flags = ["meal_planning", "barcode_scanner", "recipe_import"].map((name) => flag(name));
    expect(plan(snapshot(flags), snapshot(flags.toReversed()))).toEqual({
      base: "1".repeat(40),
      head: "1".repeat(40),
      served: 3,
      environments,
      order: defaultProject.order,
      limits: defaultProject.limits,
      flags: [],
      audiences: [],
      responses: [],
      protection: [],
      settings: [],
      commitWarnings: [],
    });
  });

  test("lists environments whose protection is added or removed", () => {
    const before = { ...snapshot([]), project: normalizeProject({ protected: ["staging"] }, "1") };
    const after = {
      ...snapshot([]),
      project: normalizeProject({ protected: ["application"] }, "2"),
    };
    const change = plan(before, after);
    expect(change.protection).toEqual([
      { environment: "application", change: "protected" },
      { environment: "staging", change: "unprotected" },
    ]);
    const sentence = "application is protected from now on, staging is not protected from now on";
    expect(summarize(change)).toBe(sentence);
    for (const text of [formatPlan(change), formatPlanMarkdown(change)]) {
      expect(text).toContain(
        "application is protected: changes through the API become pull requests\n",
      );
      expect(text).toContain("staging is not protected any more");
    }
  });

  test("lists an added flag only in environments that have it", () => {
    const qa = normalizeProject({ environments: ["application", "qa"] }, "1");
    const alone = normalizeProject({ environments: ["application"] }, "2");
    const flags = [flag("meal_planning")];
    const base = { ...snapshot([]), project: qa };
    const head = { ...snapshot(flags), project: alone };
    expect(formatPlan(plan(base, head))).not.toContain("none");
    expect(formatPlan(plan(head, base))).not.toContain("none");
    expect(formatPlan(plan(base, head))).toContain("+ meal_planning: on");
  });

  test("warns of a removed environment as of the removal of all its flags", () => {
    const flags = Array.from({ length: 6 }, (_, at) => flag(`flag_${at}`));
    const before = {
      ...snapshot(flags),
      project: normalizeProject({ environments: ["application", "qa"] }, "1"),
    };
    const after = {
      ...snapshot(flags),
      project: normalizeProject({ environments: ["application"] }, "2"),
    };
    const change = plan(before, after);
    const reason =
      'it removes the environment "qa" with all of its 6 flags, and 20 % or 5 flags is the limit';
    expect(formatPlan(change)).toContain(`Limit: ${reason}\npublishing refuses the commit until`);
    expect(findWarnings(change, "2026-11-26").join("\n")).toContain(
      `${reason}: publishing refuses`,
    );
    const added = plan(after, before);
    expect(formatPlan(added)).not.toContain("Limit:");
  });

  test("has only updated_at if a comment of the policy changes", () => {
    const head = { ...snapshot([], late), project: normalizeProject({}, "2") };
    const rebased = rebaseSnapshot(snapshot([], early), head);
    expect(rebased.updated_at).toBe(late);
    const change = plan(snapshot([], early), rebased);
    expect(change).toMatchObject({ flags: [], protection: [] });
    expect(paths(change)).toHaveLength(environments.length);
  });

  test("names a flag that is added, with its states and its URLs", () => {
    const added = flag("meal_planning", { decisions: states(false, true, true) });
    const change = plan(snapshot([], late), snapshot([added], late));
    expect(change.flags).toEqual([
      {
        name: "meal_planning",
        file: "flags/nutrition/meal_planning.yaml",
        owner: "nutrition",
        type: "release",
        expires: "",
        change: "added",
        decisions: {
          application: { after: { enabled: false } },
          staging: { after: { enabled: true } },
          development: { after: { enabled: true } },
        },
        schedules: {},
        fields: [],
      },
    ]);
    expect(paths(change)).toEqual([
      "changed /development/v1/feature-flags/",
      "added /development/v1/feature-flags/meal_planning",
      "changed /staging/v1/feature-flags/",
      "added /staging/v1/feature-flags/meal_planning",
      "changed /v1/feature-flags/",
      "added /v1/feature-flags/meal_planning",
    ]);
  });

  test("names a flag that is removed, and its states before", () => {
    const { flags, responses } = plan(snapshot([flag("meal_planning")]), snapshot([]));
    const [removed] = flags;
    expect(removed).toMatchObject({
      change: "removed",
      decisions: { staging: { before: { enabled: true } } },
    });
    const gone = responses.filter(({ change }) => change === "removed");
    expect(gone.map(({ before, after }) => [before?.slice(0, 23), after])).toEqual(
      environments.map(() => ['{"name":"meal_planning"', undefined]),
    );
  });

  test("has the bodies before and after, only of URLs that change", () => {
    const before = snapshot([flag("meal_planning")]);
    const after = snapshot([flag("meal_planning", { decisions: states(true, false, true) })]);
    const { responses } = plan(before, after);
    expect(responses.map(({ path }) => path)).toEqual([
      "/staging/v1/feature-flags/",
      "/staging/v1/feature-flags/meal_planning",
    ]);
    expect(responses[0]?.before).toContain('"flags":{"meal_planning":true}');
    expect(responses[0]?.after).toContain('"flags":{"meal_planning":false}');
  });

  test("ignores a move to another owner, which no consumer sees", () => {
    const moved = flag("meal_planning", {
      owner: "growth",
      file: "flags/growth/meal_planning.yaml",
    });
    const { flags, responses } = plan(snapshot([flag("meal_planning")]), snapshot([moved]));
    expect({ flags, responses }).toEqual({ flags: [], responses: [] });
  });

  test("has every response that differs, and no other", () => {
    const name = fc.constantFrom("meal_planning", "barcode_scanner", "constructor_set", "a");
    const timed = fc.record({
      name,
      enabled: fc.record({
        application: fc.boolean(),
        staging: fc.boolean(),
        development: fc.boolean(),
      }),
      description: fc.constantFrom("", "Plan", "::error::"),
      updated_at: fc.constantFrom(early, late),
    });
    const any = fc
      .tuple(fc.uniqueArray(timed, { selector: ({ name }) => name }), fc.constantFrom(early, late))
      .map(([flags, at]) =>
        snapshot(
          flags.map(({ name, ...rest }) => flag(name, rest)),
          at,
        ),
      );
    fc.assert(
      fc.property(any, any, (base, head) => {
        const change = plan(base, head);
        const back = plan(head, base);
        expect(back.responses.map(({ path, before, after }) => [path, after, before])).toEqual(
          change.responses.map(({ path, before, after }) => [path, before, after]),
        );
        for (const { change: kind, before, after } of change.responses) {
          expect(before).not.toBe(after);
          expect(kind).toBe(
            before === undefined ? "added" : after === undefined ? "removed" : "changed",
          );
        }
        const touched = new Set(change.responses.map(({ path }) => path.split("/").at(-1)));
        touched.delete("");
        expect([...touched].sort()).toEqual(change.flags.map(({ name }) => name));
      }),
    );
  });
});

describe("rebaseSnapshot()", () => {
  const base = snapshot([flag("meal_planning"), flag("recipe_import")]);

  test("keeps the base's times of flags that the head did not change", () => {
    const merged = flag("recipe_import", { created_at: late, updated_at: later });
    const own = flag("meal_planning", { created_at: late, updated_at: later, object: "2" });
    const { flags, updated_at } = rebaseSnapshot(base, snapshot([own, merged], later));
    const times = flags.map(({ name, created_at, updated_at }) => [name, created_at, updated_at]);
    expect(times).toEqual([
      ["meal_planning", early, later],
      ["recipe_import", early, early],
    ]);
    expect(updated_at).toBe(later);
  });

  test("keeps the times of a flag that the base does not have", () => {
    const added = flag("serving_cost", { created_at: late, updated_at: later });
    const head = snapshot([...base.flags, added], later);
    expect(rebaseSnapshot(base, head)).toEqual(head);
  });

  test("of a head that changes nothing is the base, at the head's commit", () => {
    const head = snapshot(
      base.flags.map((one) => ({ ...one, updated_at: later })),
      later,
      "2",
    );
    const { commit, committed_at } = head;
    expect(rebaseSnapshot(base, head)).toEqual({ ...base, commit, committed_at });
  });

  const moved = flag("meal_planning", {
    file: "flags/growth/meal_planning.yaml",
    updated_at: later,
  });
  test.each([
    ["a move", [moved, flag("recipe_import")]],
    ["a removal", [flag("recipe_import")]],
  ])("includes %s in the time of the list", (_what, flags) => {
    const rebased = rebaseSnapshot(base, snapshot(flags, later));
    expect(rebased.updated_at).toBe(later);
    expect(rebased.flags.map(({ updated_at }) => updated_at)).toEqual(flags.map(() => early));
  });
});

describe("toggled()", () => {
  const [on, off] = [states(true, true, true), states(false, false, false)];
  test.each([
    ["on", [flag("a", { decisions: off })], [flag("a", { decisions: on })]],
    ["off", [flag("a", { decisions: on })], [flag("a", { decisions: off })]],
    ["same", [flag("a")], [flag("a", { description: "Plan" })]],
    ["same", [], [flag("a", { decisions: on })]],
    ["same", [flag("a", { decisions: on })], []],
  ])("is %s", (way, before, after) => {
    const [change] = plan(snapshot(before), snapshot(after)).flags;
    expect(change && toggled(change, "staging")).toBe(way);
  });
});

describe("summarize()", () => {
  const [on, off] = [states(true, true, true), states(false, true, true)];
  const flags = (...names: string[]) => names.map((name) => flag(name, { decisions: on }));
  test.each([
    ["nothing changes for consumers", flags("a"), flags("a")],
    ["no flag turns on or off", flags("a"), [flag("a", { description: "Plan" })]],
    ["1 flag turns off in application", flags("a"), [flag("a", { decisions: off })]],
    [
      "2 flags turn on in application",
      [flag("a", { decisions: off }), flag("b", { decisions: off })],
      flags("a", "b"),
    ],
    ["1 flag is added, 2 flags are removed", flags("a", "b"), flags("c")],
  ])("says: %s", (summary, before, after) => {
    expect(summarize(plan(snapshot(before), snapshot(after)))).toBe(summary);
  });
});

describe("formatPlan() and formatPlanMarkdown()", () => {
  test("are one line if nothing changes", () => {
    const nothing = plan(snapshot([flag("a")]), snapshot([flag("a")], early, "2"));
    expect(formatPlan(nothing)).toBe("Plan 1111111 → 2222222: nothing changes for consumers\n");
    expect(formatPlanMarkdown(nothing)).toBe(
      "**nothing changes for consumers** (`1111111` → `2222222`)\n",
    );
  });

  test("count one URL as one", () => {
    const change = plan(snapshot([]), snapshot([flag("a")]));
    const one = { ...change, responses: change.responses.slice(0, 1) };
    expect(formatPlan(one)).toContain("\n1 URL with other bytes\n");
    expect(formatPlanMarkdown(one)).toContain("<summary>1 URL with other bytes</summary>");
  });
});
