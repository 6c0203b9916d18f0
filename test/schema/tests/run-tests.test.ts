import { expect, test } from "vitest";
import type { Entry } from "../../../schema/file/entry.ts";
import { parseFile } from "../../../schema/file/parsed-file.ts";
import { validate } from "../../../schema/file/validate.ts";
import { fileKindOf } from "../../../schema/flag/file-kind.ts";
import { formatProblem } from "../../../schema/problem/problem.ts";
import { normalizeProject } from "../../../schema/project/project.ts";
import { runTests } from "../../../schema/tests/run-tests.ts";
import { format } from "../../../schema/yaml/edit.ts";

const project = normalizeProject(
  { environments: ["live", "trial"], attributes: { team: "string", age: "number" } },
  "",
);

function entriesOf(files: Readonly<Record<string, string>>): Entry[] {
  return Object.entries(files).map(([path, text]) => {
    const file = `flags/${path}.yaml`;
    const kind = fileKindOf(file);
    const content = parseFile(kind, Buffer.from(text), project);
    return { file, kind, path: `${path}.yaml`, mode: "100644", content };
  });
}

function run(files: Readonly<Record<string, string>>, checked = Object.keys(files)): string[] {
  const all = entriesOf(files);
  const { problems } = validate(all, project, "");
  expect(problems.filter(({ severity }) => severity === "error")).toEqual([]);
  const entries = all.filter(({ path }) => checked.includes(path?.replace(".yaml", "") ?? ""));
  return runTests(entries, all, project).map(formatProblem);
}

const words = (name: string) => `description: Do ${name}\nowner: shop\n`;
const cart = `${words("cart")}enabled: true\nrollout: 0
rules:
  - name: testers
    if: { audience: testers }
    enabled: true
`;
const testers = `${words("testers")}if: { team: qa }\n`;
const payment = `${words("payment")}enabled: true\nrequires: [cart]\n`;
const colour = `${words("colour")}enabled: true\nvariants:\n  green: { top: 1, left: 2 }\n  orange: { top: 3, left: 4 }\n`;

test("runTests() finds nothing if every caller gets the expected value", () => {
  const failures = run({
    "audiences/testers": testers,
    "shop/cart": cart,
    "shop/payment": payment,
    "shop/colour": colour,
    "tests/cart": `tests:
  - context: { team: qa }
    expect: true
  - name: others do not get it
    environment: trial
    context: { team: sales, age: 40 }
    expect: false
  - expect: false
`,
    "tests/payment": "tests:\n  - context: { team: qa }\n    expect: true\n  - expect: false\n",
    "tests/colour": "tests:\n  - expect: { left: 2, top: 1 }\n",
  });
  expect(failures).toEqual([]);
});

test("runTests() reports the expected value, the found value, and the rule that decided", () => {
  const failures = run({
    "audiences/testers": testers,
    "shop/cart": cart,
    "tests/cart": `tests:
  - name: testers wait
    context: { team: qa }
    expect: false
`,
  });
  expect(failures).toEqual([
    'flags/tests/cart.yaml:4:13: Fails test "testers wait": expected false, but "cart" gives true in live (reason TARGETING_MATCH, rule "testers") [failed-test]\n  hint: correct the flag, or what is expected here',
  ]);
});

test("runTests() only warns while a flag, or one that it requires, is disabled", () => {
  const files = {
    "shop/cart": `${words("cart")}enabled: false\n`,
    "shop/payment": payment,
    "tests/payment": "tests:\n  - expect: true\n  - expect: false\n",
  };
  expect(run(files)).toEqual([
    'flags/tests/payment.yaml:2:13: warning: Cannot try test "number 1": "cart" is disabled in live [disabled-test]\n  hint: expected is true, once "cart" is enabled again',
  ]);
});

test("runTests() runs the tests of the files that are checked, and of their flags", () => {
  const files = {
    "shop/cart": `${words("cart")}enabled: true\n`,
    "shop/colour": colour,
    "tests/cart": "tests:\n  - expect: false\n",
    "tests/colour": "tests:\n  - expect: false\n",
  };
  const failing = (checked: string[]) => run(files, checked).map((line) => line.split(":")[0]);
  expect(failing(["shop/cart"])).toEqual(["flags/tests/cart.yaml"]);
  expect(failing(["tests/colour"])).toEqual(["flags/tests/colour.yaml"]);
  expect(failing(["shop/cart", "shop/colour"])).toHaveLength(2);
});

test.each([
  ["tests:\n  - context: { tema: qa }\n    expect: true\n", "2:16 undeclared-attribute"],
  ["tests:\n  - context: { age: old }\n    expect: true\n", "2:21 wrong-type"],
  ["tests:\n  - context: { targetingKey: 7 }\n    expect: true\n", "2:30 wrong-type"],
  ['tests:\n  - name: "a\\nb"\n    expect: true\n', "2:11 control-character"],
  ["tests:\n  - environment: life\n    expect: true\n", "2:18 unknown-environment"],
  ["tests:\n  - name: nothing\n", "2:5 missing-key"],
  ["tests: []\n", "1:8 out-of-range"],
  ["- expect: true\n", "1:1 not-a-mapping"],
])("parseFile() of the tests %j finds %s", (text, expected) => {
  const { findings } = parseFile("tests", Buffer.from(text), project);
  expect(findings.map(({ line, column, code }) => `${line}:${column} ${code}`)).toEqual([expected]);
});

test("format() writes a context on one line, and leaves other keys called context alone", () => {
  const tests = "tests:\n- name: a\n  context:\n    team: qa\n    age: 4\n  expect: true\n";
  expect(format(tests)).toBe(
    "tests:\n  - name: a\n    context: { team: qa, age: 4 }\n    expect: true\n",
  );
  const variants = "variants:\n  a:\n    context:\n      b: 1\n";
  expect(format(variants)).toBe(variants);
});
