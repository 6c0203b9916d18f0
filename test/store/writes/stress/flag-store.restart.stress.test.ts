/** After its own and others' commits, a server serves the same as one that reads everything from git. */
import { cpSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Change } from "../../../../schema/change/change.ts";
import { Signer } from "../../../../store/remote/signer.ts";
import type { FlagStore } from "../../../../store/writes/flag-store.ts";
import type { Write } from "../../../../store/writes/write.ts";
import { bareRepository, type Files } from "../../../git/repository.ts";
import { sshKey } from "../../../git/ssh-key.ts";
import {
  begun,
  create,
  describe,
  idempotency,
  newClone,
  openStore,
  remove,
  turn,
  write,
} from "../writing.ts";

const names = ["meals", "Meals", "steps", "invites", "tips"];
const name = fc.oneof(
  { weight: 9, arbitrary: fc.constantFrom("meals", "steps", "invites") },
  { weight: 1, arbitrary: fc.constantFrom(...names) },
);
const owner = fc.constantFrom(undefined, "nutrition", "growth", "tests", "audiences", "unowned");

const rules = [{ name: "staff", if: { audience: "staff" }, rollout: 50 }];
const definition = fc.record(
  {
    enabled: fc.boolean(),
    description: fc.constantFrom("Plan", "Größe \u{1F34E}", "a # b", ""),
    owner: fc.constantFrom("nutrition", "growth", "tests"),
    requires: fc.constantFrom(["steps"], ["meals"], ["steps", "invites"]),
    rules: fc.constant(rules),
    private: fc.boolean(),
    rollout: fc.constantFrom(10, 50),
    environments: fc.constant({ staging: { enabled: true } }),
  },
  { requiredKeys: ["enabled"] },
);

const change: fc.Arbitrary<Change> = fc.oneof(
  fc.record({ name, on: fc.boolean(), owner }).map(({ name, on, owner }) => ({
    ...create(name, on, "New"),
    owner,
  })),
  fc
    .tuple(name, fc.boolean(), fc.constantFrom("application", "staging"))
    .map((args) => turn(...args)),
  fc.tuple(name, fc.constantFrom("Other", "Größe", "")).map((args) => describe(...args)),
  name.map(remove),
  fc.record({ name, value: definition, mayCreate: fc.boolean() }).map(
    ({ name, value, mayCreate }): Change => ({
      ...{ kind: "define", name, mayCreate },
      definition: { form: "json", value: { description: "Plan", ...value } },
    }),
  ),
);

const flagText = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.constantFrom(
      "description: Plan\nenabled: true\n",
      "description: Plan\nenabled: false\nowner: growth\n",
      "description: Plan\nenabled: true\nrequires: [steps]\n",
    ),
  },
  { weight: 1, arbitrary: fc.constant("description: Plan\nenabled: maybe\n") },
  { weight: 3, arbitrary: fc.constant(null) },
);
/** Commits of others. */
const others: fc.Arbitrary<(files: Record<string, string>) => Files> = fc.oneof(
  fc
    .tuple(name, fc.constantFrom("growth", "nutrition/web", "x"), flagText, fc.boolean())
    .map(([name, folder, text, isMove]) => (files: Record<string, string>): Files => {
      const known = files[name];
      const next = `flags/${folder}/${name}.yaml`;
      if (known === undefined) return text === null ? {} : { [next]: text };
      return isMove && known !== next ? { [known]: null, [next]: text } : { [known]: text };
    }),
  fc
    .constantFrom<Files>(
      { "flags/audiences/staff.yaml": "description: Staff\nowner: growth\nif: { plan: a }\n" },
      {
        "flags/tests/steps.yaml": "tests:\n  - name: is on\n    enabled: true\n    expect: true\n",
      },
      { "README.md": "Other\n", 'odd "name"\\.txt': "Other\n", '"line\\nfeed.txt"': "" },
      { "flags/notes.txt": "no flag\n" },
      { "Flags/steps.yaml": "description: Not in flags\nenabled: true\n" },
      { "Flags/steps.yaml": null },
      { "bunting.yaml": projectText("limits: { remove: 10%, at_least: 1 }\n") },
      { "bunting.yaml": projectText("publish: { definitions: true }\n") },
    )
    .map((files) => () => files),
  fc.constant((files: Record<string, string>): Files => {
    return Object.fromEntries(Object.values(files).map((file) => [file, null]));
  }),
);

function projectText(rest = ""): string {
  return `names: { pattern: "^[A-Za-z]+$" }\nattributes: { plan: string }\n${rest}`;
}

const first: Files = {
  "bunting.yaml": projectText(),
  "flags/audiences/staff.yaml": "description: Staff\nowner: growth\nif: { plan: b }\n",
  "flags/growth/steps.yaml": "description: Steps\nenabled: true\nowner: growth\n",
  "flags/nutrition/meals.yaml": "# Ours\ndescription: Plan\nenabled: false\n",
};

/** Concurrent writes; others may commit before each of them. */
const step = fc.record({
  writes: fc.array(fc.tuple(change, fc.option(fc.nat(5), { freq: 3 })), { maxLength: 4 }),
  others: fc.option(others, { freq: 2 }),
  /** Seconds after the first commit. */
  time: fc.oneof(fc.nat(1_000), fc.constantFrom(-2e9, 3e8, 1e10)),
  isSeen: fc.boolean(),
});

const unlimited = { limit: 1_000, matches: () => true };

async function stateOf(store: FlagStore) {
  const { snapshot, release, served } = store.current ?? {};
  return {
    head: store.head,
    problems: store.health.problems,
    snapshot,
    release,
    served: served?.waiting.length === 0 && served.release,
    changes: await store.history.queryChanges(unlimited),
    ofFlags: await Promise.all(
      names.map((name) => store.history.changesOf(name, { limit: 1_000, skip: 0 })),
    ),
    toggled: await store.history.lastToggled(store.head, names),
    emergencies: await store.emergencyChanges(),
  };
}

function copyOf(directory: string): string {
  const copy = newClone();
  cpSync(directory, copy, { recursive: true });
  return copy;
}

test.each([
  ["sha1", false],
  ["sha256", false],
  ["sha1", true],
] as const)(
  "a store serves what a new store reads, after any commits (%s, signed: %s)",
  async (objectFormat, isSigned) => {
    const signing = isSigned ? { signer: await Signer.open(sshKey()) } : {};
    let made = 0;
    let held = 0;
    const trial = fc.asyncProperty(
      fc.array(step, { minLength: 1, maxLength: 8 }),
      async (steps) => {
        const bare = bareRepository({ objectFormat });
        bare.change(begun, first);
        const store = await openStore(bare, signing);
        let requests = 0;
        for (const { writes, others, time, isSeen } of steps) {
          const files = (store.current?.snapshot.flags ?? []).map(({ name, file }) => [name, file]);
          if (others) bare.change(Math.max(0, begun + time), others(Object.fromEntries(files)));
          if (others && isSeen) await store.sync();
          const results = await Promise.all(
            writes.map(([change, key]) => {
              requests += 1;
              const options: Partial<Write> = {
                isEmergency: requests % 5 === 0,
                ...(key === null ? {} : { idempotency: idempotency(key) }),
              };
              return store.write(write(change, options)).catch((error: Error) => error);
            }),
          );
          made += results.filter((one) => "status" in one && one.status === "committed").length;
          await store.sync();
          expect(store.head).toBe(bare.head);
          const other = await openStore(bare, signing);
          const [mine, theirs] = [await stateOf(store), await stateOf(other)];
          if (mine.problems.length > 0 || theirs.problems.length > 0) {
            // The first store serves the last valid commit.
            expect(mine.problems).toEqual(theirs.problems);
            expect(theirs.snapshot).toBeUndefined();
            const message = ["-p", bare.head, "-m", "Restore", `${mine.snapshot?.commit}^{tree}`];
            bare.git("update-ref", "refs/heads/main", bare.git("commit-tree", ...message));
            await store.sync();
          } else expect(mine).toEqual({ ...theirs, served: mine.served && theirs.served });
          expect([mine.changes, mine.ofFlags]).toEqual([theirs.changes, theirs.ofFlags]);
          for (const key of mine.problems.length > 0 ? [] : [0, 1, 2, 3, 4, 5]) {
            const again = () => write(describe("none", "x"), { idempotency: idempotency(key) });
            expect(await other.write(again())).toEqual(await store.write(again()));
          }
          await other.close();
          const served = store.current?.served;
          if (served && served.waiting.length > 0) {
            held += 1;
            const directory = copyOf(store.directory);
            const restarted = await openStore(bare, { ...signing, directory });
            expect(restarted.current?.served).toEqual(served);
            await restarted.close();
          }
        }
        await store.close();
      },
    );
    await fc.assert(trial, { numRuns: 15 });
    // Few random writes make a commit.
    expect(made).toBeGreaterThan(5);
    expect(held).toBeGreaterThan(0);
  },
);
