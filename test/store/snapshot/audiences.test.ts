/** Audiences of a repository, from the file to the plan and the outputs that show rules. */
import { expect, test } from "vitest";
import { compile } from "../../../schema/compile/compile.ts";
import { parsePlan } from "../../../schema/github/artifact.ts";
import { plan } from "../../../schema/plan/plan.ts";
import { formatPlan, formatPlanMarkdown } from "../../../schema/plan-text/format.ts";
import { truncatePlan } from "../../../schema/plan-text/truncate.ts";
import { formatProblem } from "../../../schema/problem/problem.ts";
import { applyCommitsToSnapshot } from "../../../store/snapshot/apply-commits.ts";
import { Repository } from "../../../store/snapshot/repository.ts";
import { testRepository } from "../../git/repository.ts";

const project = `environments: [live, trial]
attributes:
  email_domain: string
publish:
  definitions: true
`;
const audience = (domain: string) =>
  `description: Our own people\nowner: platform\nif: { email_domain: ${domain} }\n`;
const forStaff = `description: Check out in one step
enabled: true
rollout: 10
rules:
  - name: our own people
    if: { audience: staff }
    enabled: true
owner: billing
`;
const plain = "description: Plan meals\nenabled: true\nowner: meals\n";

function team() {
  const repository = testRepository();
  const first = repository.change(1_700_000_000, {
    "bunting.yaml": project,
    "flags/audiences/staff.yaml": audience("acme.example"),
    "flags/billing/new_checkout.yaml": forStaff,
    "flags/meals/meal_planning.yaml": plain,
  });
  return { repository, first };
}

async function read(directory: string, commit: string) {
  const { snapshot, problems, files } = await (await Repository.open(directory)).read(commit, "");
  return { snapshot, files, messages: problems.map(formatProblem).join("\n") };
}

test("read() gives audiences in their normal form, and does not count them as flags", async () => {
  const { repository, first } = team();
  const { snapshot, files, messages } = await read(repository.directory, first);
  expect(messages).toBe("");
  expect(files).toBe(2);
  expect(snapshot?.flags.map(({ name }) => name)).toEqual(["meal_planning", "new_checkout"]);
  expect(snapshot?.audiences).toEqual([
    {
      name: "staff",
      description: "Our own people",
      owner: "platform",
      conditions: [["email_domain", "in", ["acme.example"]]],
      file: "flags/audiences/staff.yaml",
      object: repository.git("hash-object", "flags/audiences/staff.yaml"),
    },
  ]);
});

test("compile() puts the audiences of rules into the outputs that show rules", async () => {
  const { repository, first } = team();
  const { snapshot } = await read(repository.directory, first);
  if (!snapshot) throw new Error("invalid");
  const bodies = new Map(compile(snapshot).responses.map(({ path, body }) => [path, body]));
  const definitions = JSON.parse(bodies.get("/v1/definitions.json") ?? "");
  expect(definitions.audiences).toEqual({ staff: [["email_domain", "in", ["acme.example"]]] });
  expect(definitions.flags.new_checkout.rules[0].if).toEqual([["audience", "is", "staff"]]);
  expect(definitions.flags.new_checkout).not.toHaveProperty("uses");
  expect(bodies.get("/v1/flagd.json")).toContain("acme.example");
});

test("plan() of a changed audience names the flags that use it, and changes their outputs only", async () => {
  const { repository, first } = team();
  const second = repository.change(1_700_000_100, {
    "flags/audiences/staff.yaml": audience("partners.example"),
  });
  const [before, after] = [
    await read(repository.directory, first),
    await read(repository.directory, second),
  ];
  if (!before.snapshot || !after.snapshot) throw new Error("invalid");
  const change = plan(before.snapshot, after.snapshot);
  expect(change.audiences).toEqual([{ name: "staff", change: "changed", flags: ["new_checkout"] }]);
  expect(change.flags.map(({ name }) => name)).toEqual(["new_checkout"]);
  const text = formatPlan(change);
  expect(text).toContain(
    "live\n  ~ new_checkout: 10 %, 1 rule → 10 %, 1 rule: audience staff changes",
  );
  expect(text).toContain("\naudiences\n  ~ staff: used by new_checkout\n");
  expect(formatPlanMarkdown(change)).toContain(
    "- audience `staff` changed: used by `new_checkout`",
  );
  expect(parsePlan(JSON.stringify(truncatePlan(change))).audiences).toEqual(change.audiences);
});

test("plan() has no entry for an audience if only its description changes", async () => {
  const { repository, first } = team();
  const text = audience("acme.example").replace("Our own people", "Everyone who works here");
  const second = repository.change(1_700_000_100, { "flags/audiences/staff.yaml": text });
  const before = (await read(repository.directory, first)).snapshot;
  const after = (await read(repository.directory, second)).snapshot;
  if (!before || !after) throw new Error("invalid");
  const { audiences, flags } = plan(before, after);
  expect([audiences, flags]).toEqual([[], []]);
});

test("applyCommitsToSnapshot() refuses an unknown audience, also in a rule that is off", async () => {
  const { repository, first } = team();
  const { snapshot } = await read(repository.directory, first);
  const text = forStaff.replace("enabled: true\nrollout", "enabled: false\nrollout");
  const valid = repository.change(1_700_000_100, { "flags/billing/new_checkout.yaml": text });
  const wrong = repository.change(1_700_000_200, {
    "flags/billing/new_checkout.yaml": text.replace("staff }", "stuff }"),
  });
  if (!snapshot) throw new Error("invalid");
  expect(await applyCommitsToSnapshot(repository.directory, snapshot, valid)).toBeDefined();
  expect(await applyCommitsToSnapshot(repository.directory, snapshot, wrong)).toBeUndefined();
  const { messages, ...reading } = await read(repository.directory, wrong);
  expect(reading.snapshot).toBeUndefined();
  expect(messages).toContain(
    'flags/billing/new_checkout.yaml:6:21: Cannot find the audience "stuff" [unknown-audience]\n  hint: did you mean "staff"?',
  );
});

test("a flag and an audience may have one name, and each keeps its own history", async () => {
  const { repository } = team();
  const added = repository.change(1_700_000_100, { "flags/billing/staff.yaml": plain });
  const later = repository.change(1_700_000_200, {
    "flags/audiences/staff.yaml": audience("partners.example"),
  });
  const { snapshot } = await read(repository.directory, later);
  const flag = snapshot?.flags.find(({ name }) => name === "staff");
  expect(flag?.updated_at).toBe("2023-11-14T22:15:00Z");
  const opened = await Repository.open(repository.directory);
  const changes = await opened.changesOf(later, "staff", { limit: 10, skip: 0 });
  expect(changes.map(({ commit }) => commit)).toEqual([added]);
});

test("applyCommitsToSnapshot() counts what flags refer to as a complete read does, also of flags that are off", async () => {
  const repository = testRepository();
  const plans = Array.from({ length: 500 }, (_, at) => `${at}`.padStart(100, "p"));
  const flags = (from: number, to: number, enabled: boolean) =>
    Object.fromEntries(
      Array.from({ length: to - from }, (_, at) => [
        `flags/a/flag_${from + at}.yaml`,
        `enabled: ${enabled}\nrules:\n  - name: staff\n    if: { audience: staff }\n    rollout: 50\n`,
      ]),
    );
  const first = repository.change(1_700_000_000, {
    "bunting.yaml": "attributes: { plan: string }\n",
    "flags/audiences/staff.yaml": `description: Staff\nowner: growth\nif:\n  plan: [${plans.join(", ")}]\n`,
    ...flags(0, 300, true),
  });
  const read = async (commit: string) =>
    (await (await Repository.open(repository.directory)).read(commit, "")).snapshot;
  const from = await read(first);
  if (!from) throw new Error("Cannot test: the first commit is not valid");
  const off = repository.change(1_700_000_060, flags(300, 320, false));
  expect(await applyCommitsToSnapshot(repository.directory, from, off)).toEqual(await read(off));
  const on = repository.change(1_700_000_120, flags(300, 320, true));
  const next = await read(off);
  expect(next && (await applyCommitsToSnapshot(repository.directory, next, on))).toBeUndefined();
  expect(await read(on)).toBeUndefined();
});
