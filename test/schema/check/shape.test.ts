import { expect, test } from "vitest";
import { codesIn, problemsOf } from "../codes-in.ts";

const writeTrueOrFalse = /write (true|false)/;

test.each([
  ["yes"],
  ["no"],
  ["on"],
  ["off"],
  ["y"],
  ["NO"],
  ['"true"'],
  ["'false'"],
  ["1"],
  ["0"],
  ["null"],
  ["~"],
  [""],
  [".nan"],
  ["[true]"],
  ["{ true: true }"],
  ["|\n  true"],
])("parseFlagFile() refuses enabled: %s, and says what to write", (written) => {
  const problems = problemsOf(`owner: a\nenabled: ${written}\n`);
  expect(problems.map(({ line, code }) => `${line} ${code}`)).toEqual(["2 wrong-type"]);
  expect(problems[0]?.hint).toMatch(writeTrueOrFalse);
});

test.each([
  ["yes", "YAML 1.2 reads yes, no, on and off as text; write true or false"],
  ['"true"', "write true without quotes"],
  ["1", "write true or false"],
])("parseFlagFile() explains enabled: %s", (written, hint) => {
  expect(problemsOf(`enabled: ${written}\n`)[0]?.hint).toBe(hint);
});

test.each([
  ['enabled: true\nrollout: "10"\n', "write 10"],
  ["enabled: true\nrollout: 2.5%\n", "write 2.5"],
  ["enabled: true\nrollout: much\n", undefined],
  ["enabled: false\nenvironments:\n  staging: true\n", 'write "enabled: true" below it, indented'],
  ["enabled: false\nenvironments: true\n", undefined],
  ["enabled: true\nvariants: [a, b]\n", 'write "NAME: VALUE" below it for each, indented'],
])("parseFlagFile() says what to write instead of the wrong type in %j", (text, hint) => {
  const [problem] = problemsOf(text).filter(({ code }) => code === "wrong-type");
  expect(problem?.message).toContain("it must be ");
  expect(problem?.hint).toBe(hint);
});

test.each(["True", "FALSE"])("parseFlagFile() accepts enabled: %s, as YAML does", (written) => {
  expect(codesIn(`enabled: ${written}\n`)).toEqual([]);
});

test.each([
  ["an environment", "environments:\n  staging:\n    enabled: on\n", "3:14 wrong-type"],
  ["a description that is a number", "description: 42\n", "1:14 wrong-type"],
  ["a description that is true", "description: true\n", "1:14 wrong-type"],
  ["a description that is missing after its key", "description:\n", "1:13 wrong-type"],
  ["a description that is a list", "description:\n  - a\n", "2:3 wrong-type"],
  ["an owner that is a number", "owner: 7\n", "1:8 wrong-type"],
  ["a date without hyphens", "expires: 20270331\n", "1:10 wrong-type"],
  ["environments that are none", "environments:\n", "1:14 wrong-type"],
  ["environments as a list", "environments: [staging]\n", "1:15 wrong-type"],
  ["an environment that is a boolean", "environments:\n  staging: true\n", "2:12 wrong-type"],
  ["an environment without enabled", "environments:\n  staging: {}\n", "2:12 missing-key"],
])("parseFlagFile() refuses %s at its position", (_what, text, problem) => {
  expect(codesIn(`${text}enabled: true\n`)).toEqual([problem]);
});

test.each([
  ["nothing", ""],
  ["only comments", "# a flag, later\n\n# perhaps\n"],
  ["only a document start", "---\n"],
  ["null", "null\n"],
  ["a scalar", "true\n"],
  ["text", "enabled:true\n"],
  ["a list", "- enabled: true\n"],
  ["a list in flow style", "[enabled, true]\n"],
])("parseFlagFile() refuses a file with %s, and expects a mapping", (_what, text) => {
  const [problem, ...others] = problemsOf(text);
  expect(others).toEqual([]);
  expect(problem).toMatchObject({ line: 1, code: "not-a-mapping" });
  expect(problem?.message).toContain("expected a mapping");
});

test("parseFlagFile() reports a wrong file at its value, below the comments", () => {
  expect(codesIn("# why\n\n- enabled: true\n")).toEqual(["3:1 not-a-mapping"]);
});

test.each([
  [
    "enviroments:\n  staging:\n    enabled: true\n",
    "1:1 unknown-key",
    'did you mean "environments"?',
  ],
  ["Owner: a\n", "1:1 unknown-key", 'did you mean "owner"?'],
  [
    "colour: a\n",
    "1:1 unknown-key",
    "known here: description, enabled, rollout, bucket, seed, rules, schedule, variants, split, requires, private, owner, type, expires, metadata, environments",
  ],
  ["expire: 2027-01-01\n", "1:1 unknown-key", 'did you mean "expires"?'],
  ["percentage: 50\n", "1:1 unknown-key", /^known here: /],
  ["name: a\n", "1:1 unknown-key", /the name of the file is the name of the flag/],
  ["key: a\n", "1:1 unknown-key", /the name of the file is the name of the flag/],
  ["id: a\n", "1:1 unknown-key", /the name of the file is the name of the flag/],
  ["? [a, b]\n: 1\n", "1:3 unknown-key", /^known here: /],
  ["1: 2\n", "1:1 unknown-key", /^known here: /],
  [
    "environments:\n  stagin:\n    enabled: true\n",
    "2:3 unknown-environment",
    'did you mean "staging"?',
  ],
  [
    "environments:\n  prodution:\n    enabled: true\n",
    "2:3 unknown-environment",
    /application is "enabled" at the top$/,
  ],
  [
    "environments:\n  application:\n    enabled: true\n",
    "2:3 unknown-environment",
    /application is "enabled" at the top$/,
  ],
  [
    "environments:\n  staging:\n    enabled: true\n    enable: true\n",
    "4:5 unknown-key",
    'did you mean "enabled"?',
  ],
  ["type: kill-switch\n", "1:7 unknown-value", 'did you mean "kill_switch"?'],
  ["type: Release\n", "1:7 unknown-value", 'did you mean "release"?'],
])("parseFlagFile() refuses %j and lists the known keys", (text, problem, hint) => {
  expect(codesIn(`${text}enabled: true\n`)).toEqual([problem]);
  expect(problemsOf(`${text}enabled: true\n`)[0]?.hint).toMatch(hint);
});

test.each([
  "2027-02-30",
  "2027-02-29",
  "2027-13-01",
  "2027-00-10",
  "2027-04-31",
  "2027-3-1",
  "27-03-01",
  "2027-03-31T00:00:00Z",
  "2027/03/31",
  "31.03.2027",
  "tomorrow",
  '""',
  '"2027-03-31 "',
  '"２０２７-03-31"',
])("parseFlagFile() refuses the date %s", (date) => {
  expect(codesIn(`enabled: true\nexpires: ${date}\n`)).toEqual(["2:10 invalid-date"]);
});

test.each(["2096-02-29", "9999-12-31", '"2099-12-31"'])(
  "parseFlagFile() accepts the date %s",
  (date) => {
    expect(codesIn(`enabled: true\nexpires: ${date}\n`)).toEqual([]);
  },
);

test.each(["Team Nutrition", "nutrition_", "ann@example.com", "2nd", '""', "-a", "a--b", "ä"])(
  "parseFlagFile() refuses the owner %s",
  (owner) => {
    expect(codesIn(`enabled: true\nowner: ${owner}\n`)).toEqual(["2:8 invalid-owner"]);
  },
);

test.each([
  ["500 letters", "a".repeat(500), []],
  ["500 emoji, of two UTF-16 code units each", "🍲".repeat(500), []],
  ["501 letters", "a".repeat(501), ["2:14 too-long"]],
  ["60,000 letters", "a".repeat(60_000), ["2:14 too-long"]],
])("parseFlagFile() counts characters as people do: %s", (_what, description, problems) => {
  expect(codesIn(`enabled: true\ndescription: ${description}\n`)).toEqual(problems);
});

test("parseFlagFile() reports all mistakes of a file", () => {
  const text = "enable: yes\ntype: flag\nexpires: never\nowner: A B\nenvironments:\n  prod: true\n";
  expect(codesIn(text)).toEqual([
    "1:1 missing-key",
    "1:1 unknown-key",
    "2:7 unknown-value",
    "3:10 invalid-date",
    "4:8 invalid-owner",
    "6:3 unknown-environment",
    "6:9 wrong-type",
  ]);
});

test("parseFlagFile() shortens a long value to one line", () => {
  const [problem] = problemsOf(`enabled: "${"long\\n".repeat(1000)}"\n`);
  expect(problem?.message.length).toBeLessThan(120);
  expect(problem?.message).not.toContain("\n");
});
