import fc from "fast-check";
import { expect, test } from "vitest";
import { parseFlagFile } from "../../../schema/file/parsed-file.ts";
import { isOn, normalize } from "../../../schema/flag/flag.ts";
import type { TimedFlag } from "../../../schema/flag/snapshot.ts";
import { defaultProject, normalizeProject } from "../../../schema/project/project.ts";
import { instanceId } from "../../../store/remote/instance-id.ts";
import { decideWrite } from "../../../store/writes/decide-write.ts";
import type { KnownFlag, WriteDecision } from "../../../store/writes/write.ts";
import { ada, create, describe, idempotency, remove, turn, write } from "./writing.ts";

const head = "0".repeat(40);
const time = 1_700_000_000;
const project = defaultProject;
const now = "2023-11-14T22:13:20Z";

function known(text = "# Ours\ndescription: Plan meals\nenabled: true\n"): KnownFlag {
  const { flag } = parseFlagFile(Buffer.from(text), defaultProject);
  if (!flag) throw new Error(`Not a flag: ${text}`);
  const created_at = "2020-01-01T00:00:00Z";
  const normal = normalize("meal_planning", flag, defaultProject);
  const file = "flags/nutrition/meal_planning.yaml";
  return { text, flag: { ...normal, file, object: "1", created_at, updated_at: created_at } };
}

function decide(
  change: Parameters<typeof write>[0],
  there: KnownFlag | undefined,
  options = {},
): WriteDecision {
  return decideAmong([], change, there, options);
}

/** The same with other flags in the snapshot. */
function decideAmong(
  others: readonly TimedFlag[],
  change: Parameters<typeof write>[0],
  there: KnownFlag | undefined,
  options = {},
): WriteDecision {
  const sign = (message: string) => message;
  const flags = () => [...others, ...(there ? [there.flag] : [])];
  const context = { head, project, time, sign, flags, audiences: [], tests: new Map() };
  return decideWrite(write(change, options), there, context);
}

test("decideWrite() commits a new flag with its actor and time", () => {
  expect(decide(create("water_log", true, "Log water"), undefined)).toMatchObject({
    commit: { files: [{ file: "flags/unowned/water_log.yaml" }], author: ada, time },
    after: {
      flag: {
        name: "water_log",
        description: "Log water",
        decisions: {
          application: { enabled: true },
          staging: { enabled: true },
          development: { enabled: true },
        },
        created_at: now,
        updated_at: now,
      },
    },
  });
});

test("decideWrite() keeps the creation time of a changed flag", () => {
  const step = decide(turn("meal_planning", false), known());
  expect(step).toMatchObject({
    after: {
      text: "# Ours\ndescription: Plan meals\nenabled: false\n",
      flag: {
        created_at: "2020-01-01T00:00:00Z",
        updated_at: now,
        decisions: { application: { enabled: false } },
      },
    },
  });
});

test("decideWrite() deletes a flag in its folder", () => {
  const step = decide(remove("meal_planning"), known());
  expect(step).toMatchObject({
    commit: { files: [{ file: "flags/nutrition/meal_planning.yaml" }] },
  });
  expect(step).toHaveProperty("after", undefined);
  expect(step).not.toHaveProperty("commit.files.0.text", expect.anything());
});

test.each([
  ["duplicate", create("meal_planning"), known()],
  ["not-found", turn("meal_planning", true), undefined],
  ["not-found", remove("meal_planning"), undefined],
  ["unchanged", turn("meal_planning", true), known()],
  ["unchanged", describe("meal_planning", "Plan meals"), known()],
] as const)("decideWrite() answers %s", (status, change, there) => {
  expect(decide(change, there)).toMatchObject({ result: { status } });
});

const required = "description: Plan meals\nenabled: true\nrequires:\n  - recipes\n";

function other(name: string, text: string): TimedFlag {
  const { flag } = parseFlagFile(Buffer.from(text), defaultProject);
  if (!flag) throw new Error(`Not a flag: ${text}`);
  return { ...known().flag, ...normalize(name, flag, project), file: `flags/a/${name}.yaml` };
}

test("decideWrite() deletes no flag that others require, and names these", () => {
  const dependents = ["zucchini", "apples"].map((name) =>
    other(name, "enabled: false\nrequires: [meal_planning]\n"),
  );
  const by = ["apples", "zucchini"];
  expect(decideAmong(dependents, remove("meal_planning"), known())).toEqual({
    result: { status: "required", by },
  });
  expect(decideAmong([], remove("meal_planning"), known())).toMatchObject({ status: "committed" });
});

test("decideWrite() does not enable a flag for everyone before the flags that it requires", () => {
  const off = known(required.replace("true", "false"));
  for (const there of [off, known(required)]) {
    const refused = decideAmong(
      [other("recipes", "enabled: true\nrollout: 50\n")],
      turn("meal_planning", true),
      there,
    );
    expect(refused).toMatchObject({
      result: {
        status: "not-for-everyone",
        reason: "the required flag recipes is not on for everyone here",
        hint: "turn it on first, or send a rollout if this is meant",
      },
    });
  }
  const recipes = other("recipes", "enabled: true\n");
  const accepted = decideAmong([recipes], turn("meal_planning", true), off);
  expect(accepted).toMatchObject({ status: "committed" });
  expect("after" in accepted && accepted.after && isOn(accepted.after.flag, "application")).toBe(
    true,
  );
});

test("decideWrite() checks the precondition of every write that could succeed without it", () => {
  const isExpected = () => false;
  const stale = { result: { status: "stale" } };
  for (const change of [turn("meal_planning", true), remove("meal_planning")]) {
    expect(decide(change, known(), { isExpected })).toEqual(stale);
    expect(decide(change, undefined, { isExpected })).toEqual({ result: { status: "not-found" } });
  }
  for (const there of [undefined, known()])
    expect(decide(create("meal_planning"), there, { isExpected })).toEqual(stale);
});

test("decideWrite() refuses values that were sent back changed, before the precondition", () => {
  const options = {
    isExpected: () => false,
    readOnlyValues: { name: "other", created_at: "2020" },
  };
  expect(decide(turn("meal_planning", false), known(), options)).toEqual({
    result: { status: "read-only", keys: ["name", "created_at"] },
  });
});

test("decideWrite() records a key that changes nothing in a commit without files", () => {
  const step = decide(turn("meal_planning", true), known(), { idempotency: idempotency(7) });
  expect(step).toMatchObject({ status: "unchanged", after: known() });
  expect(step).not.toHaveProperty("commit.file");
  expect(step).toHaveProperty("commit.message", expect.stringContaining("Idempotency-Key: 0"));
});

test.each([
  ["a/b", "invalid-name"],
  ["../x", "invalid-name"],
  ["a\nD flags/nutrition/meal_planning", "invalid-name"],
  ["a\nD flags/b", "invalid-name"],
  ["-x", "invalid-name"],
  ["", "invalid-name"],
  [".", "invalid-name"],
  ["A", "invalid-name"],
  ["x".repeat(65), "invalid-name"],
  ["constructor", "reserved-name"],
  ["__proto__", "invalid-name"],
  ["index", "reserved-name"],
])("decideWrite() creates no flag with the name %o", (name, code) => {
  expect(decide(create(name), undefined)).toMatchObject({
    result: {
      status: "invalid",
      errors: expect.arrayContaining([expect.objectContaining({ code })]),
    },
  });
});

test.each([
  ["ask ada@example.com", "personal-data"],
  ["x".repeat(501), "too-long"],
  ["a\u202eb", "invisible-character"],
])("decideWrite() accepts no description %o", (description, code) => {
  const errors = [expect.objectContaining({ code })];
  const refused = { result: { status: "invalid", errors } };
  expect(decide(describe("meal_planning", description), known())).toMatchObject(refused);
  expect(decide(create("water_log", true, description), undefined)).toMatchObject(refused);
});

test("decideWrite() writes the change, the reason and the actor into the message", () => {
  const options = { reason: "Launch", requestId: "r1", idempotency: idempotency(7) };
  const step = decide(turn("meal_planning", false, "staging"), known(), options);
  expect(step).toMatchObject({
    commit: {
      message: `Disable meal_planning in staging

Launch

Flag: meal_planning
Environment: staging
Change: enabled true -> false
Actor: Ada (ada)
Actor-Id: ada
Request-Id: r1
Bunting-Instance: ${instanceId}
Idempotency-Key: ${"7".padStart(64, "0")} ${"f".repeat(64)}
`,
    },
  });
});

const layouts = [
  "enabled: true\n",
  "description: Old\nenabled: true\n",
  "# Above\n{enabled: true}\n",
  "{enabled: true, description: 'x'}\n",
  "description: |\n  Old\n  lines\nenabled: false # beside\n",
  "enabled: true\nenvironments:\n  staging: {enabled: true}\n",
  "---\nenabled: true\n",
];

test("decideWrite() never throws, and its commits match the request, for any request", () => {
  const words = fc.oneof(
    fc.string({ unit: "binary", maxLength: 40 }),
    fc.string({ unit: "grapheme", maxLength: 40 }),
    fc.constantFrom(
      "\ud800",
      "\0",
      "a\n\nb",
      " a",
      "a\u00a0",
      "a\u3000",
      "e\u0301",
      "---",
      "# c",
      "a: b",
      "yes",
      "%Y",
      "'",
      '"',
    ),
  );
  const wishes = fc.record({
    description: words,
    enabled: fc.boolean(),
    text: fc.constantFrom(...layouts),
    isNew: fc.boolean(),
  });
  fc.assert(
    fc.property(wishes, ({ description, enabled, text, isNew }) => {
      const environment = "application";
      const name = "meal_planning";
      const step = isNew
        ? decide(create(name, enabled, description), undefined)
        : decide({ kind: "update", name, environment, enabled, description }, known(text));
      if ("result" in step) return;
      const written = parseFlagFile(Buffer.from(step.after?.text ?? ""), defaultProject).flag;
      expect(written).toMatchObject({ enabled });
      expect(written?.description ?? "").toBe(description.normalize("NFC"));
      expect(step.after?.flag).toMatchObject({ description: description.normalize("NFC") });
    }),
    { numRuns: 2_000 },
  );
});

test("decideWrite() refuses a new name that differs from another only by case", () => {
  const mixed = normalizeProject({ names: { pattern: "^[A-Za-z_]+$" } }, "");
  const sign = (message: string) => message;
  const rest = { head, project: mixed, time, sign, audiences: [], tests: new Map() };
  const { flag } = known();
  const definition = { form: "yaml", text: "description: Plan\nenabled: false\n" } as const;
  for (const change of [
    create("Meal_Planning"),
    { kind: "define", name: "Meal_Planning", definition, mayCreate: true } as const,
  ]) {
    expect(decideWrite(write(change), undefined, { ...rest, flags: () => [flag] })).toEqual({
      result: {
        status: "invalid",
        errors: [
          {
            key: "name",
            code: "duplicate-name",
            message:
              'Cannot use the name "Meal_Planning" beside "meal_planning": the names differ only by case',
          },
        ],
      },
    });
    expect(decideWrite(write(change), undefined, { ...rest, flags: () => [] })).toHaveProperty(
      "commit",
    );
  }
});
