import fc from "fast-check";
import { expect, test } from "vitest";
import { parseDocument } from "yaml";
import { edit, format, type TextChange } from "../../../schema/yaml/edit.ts";
import { parse } from "../../../schema/yaml/parse.ts";
import { description, flagFile } from "../arbitrary.ts";

const text = `# yaml-language-server: $schema=../../schema/flag.schema.json

description: "Show a recipe's cost" # see the wiki
enabled:  true   # off when prices are down

environments:
    # first
    staging: { enabled: true } # since May
    development:
        enabled: false
`;

test("edit() changes one line and keeps its comment", () => {
  const edited = edit(text, [{ path: ["enabled"], value: false }]);
  expect(edited).toBe(text.replace("enabled:  true ", "enabled:  false "));
});

test("edit() changes a value in flow style, and nothing around it", () => {
  const edited = edit(text, [{ path: ["environments", "staging", "enabled"], value: false }]);
  expect(edited).toBe(text.replace("{ enabled: true }", "{ enabled: false }"));
});

test("edit() changes a text in quotes", () => {
  const edited = edit(text, [{ path: ["description"], value: "Show: what # it costs" }]);
  expect(edited).toBe(text.replace(`"Show a recipe's cost"`, '"Show: what # it costs"'));
});

test.each(["a, b", "a}", "[a]", "a: b", "a #b", "'", "yes", "a\nb"])(
  "edit() writes %j into flow style",
  (value) => {
    const file = "{ description: Show, enabled: true } # why\n";
    const edited = edit(file, [{ path: ["description"], value }]);
    expect(edited).toBe(file.replace("Show", JSON.stringify(value)));
    expect(parse(edited).value).toEqual({ description: value, enabled: true });
  },
);

test("edit() writes a long text with line breaks in one line", () => {
  const value = "Show what each serving costs,\n\nin the list and in the recipe\n- since May";
  const edited = edit("description: a\nenabled: true\n", [{ path: ["description"], value }]);
  expect(edited).toBe(`description: ${JSON.stringify(value)}\nenabled: true\n`);
  expect(format(edited)).toBe(edited);
});

test("edit() makes several changes", () => {
  const changes = [
    { path: ["enabled"], value: false },
    { path: ["environments", "development", "enabled"], value: true },
  ];
  expect(edit(text, changes)).toBe(
    text.replace("enabled:  true", "enabled:  false").replace("enabled: false", "enabled: true"),
  );
});

test("edit() changes nothing if the value is the same in another notation", () => {
  const same = [
    { path: ["enabled"], value: true },
    { path: ["description"], value: "Show a recipe's cost" },
  ];
  expect(edit(text, same)).toBe(text);
  expect(edit(text, [])).toBe(text);
});

test("edit() keeps the comment of a block text that becomes one line", () => {
  const block = "description: |- # why\n  One\n  two\n\n# next\nenabled: true\n";
  const edited = edit(block, [{ path: ["description"], value: "Three" }]);
  expect(edited).toBe("description: Three # why\n\n# next\nenabled: true\n");
});

test("edit() adds an environment after the others", () => {
  const file = "enabled: true\nenvironments:\n  staging:\n    enabled: true # since May\n";
  const edited = edit(file, [{ path: ["environments", "development", "enabled"], value: false }]);
  expect(edited).toBe(`${file}  development:\n    enabled: false\n`);
});

test("edit() adds the first environment", () => {
  const file = "# a\nenabled: true # b\nowner: nutrition\n";
  const edited = edit(file, [{ path: ["environments", "staging", "enabled"], value: false }]);
  expect(edited).toBe(`${file}environments:\n  staging:\n    enabled: false\n`);
});

test("edit() adds a description above all other keys, below the schema's line", () => {
  const file =
    "# yaml-language-server: $schema=../../schema/flag.schema.json\n\nenabled: true # b\n";
  const edited = edit(file, [{ path: ["description"], value: "Show costs" }]);
  expect(edited).toBe(file.replace("enabled", "description: Show costs\nenabled"));
});

test.each([
  ["in a root in flow style", "# a\n{ enabled: true }\n"],
  ["after a document start", "# a\n--- # b\nenabled: true\n"],
  ["in a root that is indented", "# a\n  enabled: true\n"],
  ["before an explicit key", "? enabled\n: true\n"],
  ["in a file with a byte order mark", "\uFEFFenabled: true\n"],
])("edit() adds a description %s", (_where, file) => {
  const edited = edit(file, [{ path: ["description"], value: "Show costs" }]);
  expect(parse(edited).value).toEqual({ enabled: true, description: "Show costs" });
  for (const comment of file.match(/# \w/g) ?? []) expect(edited).toContain(comment);
});

test.each([
  ["yes", '"yes"'],
  ["No", '"No"'],
  ["on", '"on"'],
  ["y", '"y"'],
  ["true", '"true"'],
  ["null", '"null"'],
  ["~", '"~"'],
  ["12", '"12"'],
  ["0x1f", '"0x1f"'],
  ["1:30", '"1:30"'],
  ["1_000", '"1_000"'],
  ["2027-02-30", '"2027-02-30"'],
  ["", '""'],
  [" a ", '" a "'],
  ["a: b", '"a: b"'],
  ["a #b", '"a #b"'],
  ["- a", '"- a"'],
  ["@team", '"@team"'],
  ["a\nb", '"a\\nb"'],
  ["a\n\n b", '"a\\n\\n b"'],
  ["Show costs", "Show costs"],
  ["It's on", "It's on"],
  ["Größe 🍲", "Größe 🍲"],
  ["a:b, c? -d", "a:b, c? -d"],
])("edit() writes %j so that every reader of YAML reads it as text", (value, written) => {
  const edited = edit("description: a\nenabled: true\n", [{ path: ["description"], value }]);
  expect(edited).toBe(`description: ${written}\nenabled: true\n`);
  expect(parseDocument(edited, { version: "1.1" }).get("description")).toBe(value);
  expect(parseDocument(edited).get("description")).toBe(value);
});

test.each(["", "# a\n", 'enabled: "', "a: 1\n---\nb: 2\n", "[".repeat(1000)])(
  "edit() throws at %j",
  (file) => {
    const change = () => edit(file, [{ path: ["enabled"], value: true }]);
    expect(change).toThrow(/^Cannot edit what is not a flag file: /);
  },
);

test("edit() changes the parsed values as the same change of an object does", () => {
  const check = ([file, changes]: [{ text: string; value: object }, TextChange[]]) => {
    const expected = changes.reduce<unknown>(assign, file.value);
    expect(parse(edit(file.text, changes)).value).toEqual(expected);
  };
  const changes = fc.array(change(), { minLength: 1, maxLength: 3 });
  fc.assert(fc.property(fc.tuple(flagFile(), changes), check), { numRuns: 250 });
});

test("edit() keeps every comment", () => {
  fc.assert(
    fc.property(flagFile(), change(), ({ text, comments }, change) => {
      const edited = edit(text, [change]);
      expect(comments.filter((comment) => edited.split(comment).length !== 2)).toEqual([]);
    }),
    { numRuns: 150 },
  );
});

test("edit() of a value on one line changes only that value, in any layout", () => {
  let changed = 0;
  const check = ([{ text }, change]: [{ text: string }, TextChange]) => {
    const [start, end] = rangeOf(text, change);
    if (start === end || text.slice(start, end).includes("\n")) return;
    const edited = edit(text, [change]);
    if (edited === text) return;
    changed += 1;
    expect(edited.slice(0, start)).toBe(text.slice(0, start));
    expect(edited.endsWith(text.slice(end))).toBe(true);
    expect(edited.split("\n")).toHaveLength(text.split("\n").length);
  };
  fc.assert(fc.property(fc.tuple(flagFile(), change()), check), { numRuns: 250 });
  expect(changed).toBeGreaterThan(60);
});

test("edit() that adds a key to a formatted file changes no other line and keeps it formatted", () => {
  let added = 0;
  const check = ([written, change]: [{ text: string }, TextChange]) => {
    const text = format(written.text);
    const [start, end] = rangeOf(text, change);
    if (start !== end || /: \{\}/.test(text)) return;
    const edited = edit(text, [change]);
    added += 1;
    const lines = text.split("\n");
    const after = edited.split("\n");
    const same = lines.findIndex((line, i) => line !== after[i]);
    const rest = lines.slice(same);
    expect(after.slice(0, same)).toEqual(lines.slice(0, same));
    expect(after.slice(-rest.length)).toEqual(rest);
    expect(format(edited)).toBe(edited);
  };
  fc.assert(fc.property(fc.tuple(flagFile(), change()), check), { numRuns: 250 });
  expect(added).toBeGreaterThan(10);
});

test("edit() keeps a formatted file formatted", () => {
  fc.assert(
    fc.property(flagFile(), change(), ({ text }, change) => {
      const edited = edit(format(text), [change]);
      expect(format(edited)).toBe(edited);
    }),
    { numRuns: 150 },
  );
});

/** Changes that an API client may request. */
function change(): fc.Arbitrary<TextChange> {
  const environment = fc.constantFrom("staging", "development");
  return fc.oneof(
    fc.boolean().map((value) => ({ path: ["enabled"], value })),
    description().map((value) => ({ path: ["description"], value })),
    fc.tuple(environment, fc.boolean()).map(([name, value]) => ({
      path: ["environments", name, "enabled"],
      value,
    })),
  );
}

/** `value` with the same change that `edit()` makes in the text. */
function assign(value: unknown, { path, value: leaf }: TextChange): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return leaf;
  const object = (value ?? {}) as Record<string, unknown>;
  return { ...object, [key]: assign(object[key], { path: rest, value: leaf }) };
}

/** The range of the value to be changed; `[0, 0]` if it is to be added. */
function rangeOf(text: string, { path }: TextChange): [number, number] {
  const node = parseDocument(text).getIn(path, true) as { range?: [number, number] } | undefined;
  return node?.range ? [node.range[0], node.range[1]] : [0, 0];
}

const rules = `enabled: true
# who gets it
rules:
  # they cannot show it
  - name: old apps
    if:
      app_version: "<4.2.0" # see the release notes
    enabled: false
  # since May
  - name: staff
    if:
      country:
        - SE
        - DK # from 2027
    rollout: 10
metadata:
  issue: MT-1 # the first
`;

const [oldApps, staff] = [
  { name: "old apps", if: { app_version: "<4.2.0" }, enabled: false },
  { name: "staff", if: { country: ["SE", "DK"] }, rollout: 10 },
];

test("edit() adds a list and a mapping", () => {
  const changes = [
    { path: ["rules"], value: [oldApps, { name: "beta", if: { country: "NO" }, rollout: 0.5 }] },
    { path: ["metadata"], value: { issue: "MT-2", build: "010" } },
  ];
  const edited = edit("# why\nenabled: true\n", changes);
  expect(edited).toBe(`# why
enabled: true
rules:
  - name: old apps
    if: { app_version: <4.2.0 }
    enabled: false
  - name: beta
    if: { country: "NO" }
    rollout: 0.5
metadata:
  issue: MT-2
  build: "010"
`);
  expect(format(edited)).toBe(edited);
});

test("edit() changes one value in a list, and only its line", () => {
  const change = { path: ["rules"], value: [oldApps, { ...staff, rollout: 25 }] };
  expect(edit(rules, [change])).toBe(rules.replace("rollout: 10", "rollout: 25"));
  const inPlace = { path: ["rules", "1", "rollout"], value: 25 };
  expect(edit(rules, [inPlace])).toBe(rules.replace("rollout: 10", "rollout: 25"));
});

test("edit() moves, adds and removes items with their comments", () => {
  const moved = edit(rules, [{ path: ["rules"], value: [staff, oldApps] }]);
  expect(moved.indexOf("# since May")).toBeLessThan(moved.indexOf("# they cannot show it"));
  expect(moved).toContain("- DK # from 2027");
  expect(parse(moved).value).toMatchObject({ rules: [staff, oldApps] });
  const less = edit(rules, [{ path: ["rules"], value: [staff] }]);
  expect(less).not.toContain("they cannot show it");
  expect(less).toContain("# since May");
  const more = { ...staff, if: { country: ["SE", "DK", "FI"] } };
  expect(edit(rules, [{ path: ["rules"], value: [oldApps, more] }])).toBe(
    rules.replace("- DK # from 2027\n", "- DK # from 2027\n        - FI\n"),
  );
});

test("edit() deletes a key with its comment, and ignores a missing key", () => {
  expect(edit(rules, [{ path: ["metadata"] }])).toBe(rules.slice(0, rules.indexOf("metadata")));
  expect(edit(rules, [{ path: ["schedule"] }, { path: ["environments", "qa"] }])).toBe(rules);
  expect(edit(rules, [{ path: ["rules"], value: [oldApps, staff] }])).toBe(rules);
});
