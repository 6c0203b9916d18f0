import { expect, test } from "vitest";
import { type TestRepository, testRepository } from "../git/repository.ts";
import { runScript } from "./setup/run.ts";

const flag = `description: Check out in one step
enabled: true
rollout: 25
rules:
  - name: nordic beta
    if: { country: SE }
    enabled: true
owner: billing
`;

function repository(): TestRepository {
  const repository = testRepository();
  const project = "environments: [production, qa]\nattributes: { country: string }\n";
  repository.change(1_725_105_600, {
    "bunting.yaml": project,
    "flags/billing/checkout.yaml": flag,
  });
  return repository;
}

test("evaluate prints value, variant, reason and the rule that decided", async () => {
  const cwd = { in: repository().directory };
  const context = '{"country": "SE", "targetingKey": "u1"}';
  const { stdout, stderr, code } = await runScript(
    "evaluate",
    ["checkout", "--context", context],
    cwd,
  );
  expect([stderr, code]).toEqual(["", 0]);
  expect(stdout).toBe(
    "name:        checkout\nenvironment: production\nvalue:       true\nvariant:     on\nreason:      TARGETING_MATCH\nrule:        nordic beta\n",
  );
});

test("evaluate --sample prints percentages, the same at each run", async () => {
  const cwd = { in: repository().directory };
  const runs = [1, 2].map(() =>
    runScript("evaluate", ["checkout", "--sample", "20000", "--format", "json"], cwd),
  );
  const [first, second] = await Promise.all(runs);
  expect(second?.stdout).toBe(first?.stdout);
  const shares: { variant: string; percent: number }[] = JSON.parse(first?.stdout ?? "");
  const on = shares.find(({ variant }) => variant === "on")?.percent ?? 0;
  expect(Math.abs(on - 25)).toBeLessThan(1);
});

test.each([
  [["checkot"], 1, '; did you mean "checkout"?\n'],
  [[], 2, "Cannot evaluate 0 flags: name one"],
  [
    ["checkout", "--environment", "dev"],
    2,
    'Cannot find the environment "dev": known are production, qa',
  ],
  [["checkout", "--environment", "prod"], 2, '"prod": did you mean "production"?'],
  [["checkout", "--context", "{"], 2, "Cannot read --context {: it must be a JSON object"],
  [["checkout", "--sample", "0"], 2, 'Cannot use --sample "0"'],
])("evaluate %j exits with %i and the reason", async (args, code, words) => {
  const ran = await runScript("evaluate", args, { in: repository().directory });
  expect(ran.stderr).toContain(words);
  expect(ran.code).toBe(code);
});

test.each([
  ['{"contry": "SE"}', '"contry" is not declared in bunting.yaml; did you mean "country"?'],
  ['{"country": 46}', '"country" is a string, not 46'],
])("evaluate notes an attribute that no rule can ask about: %s", async (context, words) => {
  const args = ["checkout", "--context", context];
  const { code, stderr } = await runScript("evaluate", args, { in: repository().directory });
  expect(stderr).toBe(`Note: the attribute ${words}\n`);
  expect(code).toBe(0);
});

test.each(["plan", "evaluate"])("%s notes flags that are not committed", async (name) => {
  const changed = repository();
  changed.write({ "flags/billing/checkout.yaml": flag.replace("25", "30") });
  const args = name === "plan" ? [] : ["checkout"];
  const { code, stderr } = await runScript(name, args, { in: changed.directory });
  expect(stderr).toMatch(/^Note: the work tree differs from [0-9a-f]{7} in 1 file; only/m);
  expect(stderr).toContain("\n  flags/billing/checkout.yaml\n");
  expect(code).toBe(0);
});
