/** Scheduled steps as commits: their changes, their authors, and that each is applied once. */
import { expect, test } from "vitest";
import { findDueSteps } from "../../../schema/flag/schedule.ts";
import { applySteps } from "../../../store/schedule/apply-steps.ts";
import type { FlagStore } from "../../../store/writes/flag-store.ts";
import {
  begun,
  type Files,
  flagRemote,
  flagsOf,
  openStore,
  subjectsOf,
  turn,
  write,
} from "../writes/writing.ts";

const file = "flags/billing/invoices.yaml";
const quarter = "  - { at: 2026-01-11T08:00:00Z, rollout: 25 } # the north\n";
const everyone = "  - { at: 2026-01-18T08:00:00Z, enabled: true }\n";
const flagWith = (steps: string) =>
  `description: Send invoices\nowner: billing\nenabled: true\nrollout: 5 # per clinic\n${
    steps === "" ? "" : `# as agreed\nschedule:\n${steps}`
  }`;
const scheduled: Files = {
  "bunting.yaml": "environments: [production, staging]\nprotected: [production]\n",
  [file]: flagWith(quarter + everyone),
};
const later = Date.parse("2026-02-01T00:00:00Z");

type OpenStore = FlagStore & { readonly directory: string };

/** Applies what is due on the newest state, as `status commit` by step. */
async function applyDue(store: OpenStore, nowMs = later) {
  await store.sync();
  const due = findDueSteps(store.current?.snapshot.flags ?? [], nowMs);
  return applySteps(store, store.directory, due);
}

test("applySteps() applies late steps in order, each by a commit, in a protected environment too", async () => {
  const { bare } = flagRemote(scheduled);
  const results = await applyDue(await openStore(bare));
  expect(results.map(({ status }) => status)).toEqual(["committed", "committed"]);
  expect(subjectsOf(bare)).toEqual(["Roll out invoices to 25 %", "Roll out invoices to everyone"]);
  const first = flagWith(everyone).replace("rollout: 5 ", "rollout: 25 ");
  expect(`${bare.git("show", `main~1:${file}`)}\n`).toBe(first);
  expect(`${bare.git("show", `main:${file}`)}\n`).toBe(
    `${flagWith("").replace("rollout: 5 ", "rollout: 100 ")}\n# as agreed\n`,
  );
});

test("applySteps() does not apply steps that are not due", async () => {
  const { bare } = flagRemote(scheduled);
  const store = await openStore(bare);
  expect(await applyDue(store, Date.parse("2026-01-11T07:59:59.999Z"))).toEqual([]);
  await applyDue(store, Date.parse("2026-01-11T08:00:00Z"));
  expect(subjectsOf(bare)).toEqual(["Roll out invoices to 25 %"]);
});

test("applySteps() disables, and changes the block of an environment", async () => {
  const { bare } = flagRemote({
    ...scheduled,
    [file]:
      "enabled: true\nenvironments:\n  staging:\n    enabled: true\n    schedule:\n      - { at: 2026-01-11T08:00:00Z, enabled: false }\n",
  });
  await applyDue(await openStore(bare));
  expect(subjectsOf(bare)).toEqual(["Disable invoices in staging"]);
  expect(`${bare.git("show", `main:${file}`)}\n`).toBe(
    "enabled: true\nenvironments:\n  staging:\n    enabled: false\n",
  );
});

test("applySteps() names the author of the step and its pull request, in the commit and in the history", async () => {
  const { bare, human } = flagRemote({ ...scheduled, [file]: flagWith("") });
  const env = { GIT_AUTHOR_NAME: "Mary Jackson", GIT_AUTHOR_EMAIL: "mary@example.com" };
  human.switch("waves");
  human.write({ [file]: flagWith(quarter) });
  human.run(["commit", "--quiet", "--all", "--message=Schedule the first wave"], { env });
  const commit = human.git("rev-parse", "HEAD");
  human.switch("main");
  human.run([
    "merge",
    "--quiet",
    "--no-ff",
    "--message=Merge pull request #12 from mary/waves",
    "waves",
  ]);
  // Others change the file later, and move it.
  const moved = "flags/finance/invoices.yaml";
  human.write({ [file]: null, [moved]: flagWith(quarter).replace("Send", "Print") });
  human.git("add", "--all");
  human.run(["commit", "--quiet", "--all", "--message=Describe it"]);
  human.git("push", "--quiet", "origin", "main");
  const store = await openStore(bare);
  await applyDue(store);
  expect(bare.git("log", "-1", "--format=%an <%ae>", "main")).toBe(
    "Mary Jackson <mary@example.com>",
  );
  const message = bare.git("log", "-1", "--format=%B", "main");
  const reason = `Scheduled for 2026-01-11T08:00:00Z by pull request #12, commit ${commit.slice(0, 12)}`;
  expect(message).toContain(`Roll out invoices to 25 %\n\n${reason}\n\nFlag: invoices\n`);
  expect(message).toContain(
    `Scheduled-At: 2026-01-11T08:00:00Z\nScheduled-By: ${commit}\nPull-Request: #12\n`,
  );
  const [change] = await store.history.changesOf("invoices", { limit: 1, skip: 0 });
  expect(change).toMatchObject({
    ...{ changed_by: "Mary Jackson", origin: "schedule", issuer: null, subject: null, reason },
    before: { decisions: { production: { enabled: true, rollout: 5 } } },
    after: { decisions: { production: { enabled: true, rollout: 25 } }, schedules: [] },
  });
});

test("applySteps() names the author of the step, not of a merge of two changes of the file", async () => {
  const { bare, human } = flagRemote({ ...scheduled, [file]: flagWith("") });
  human.switch("waves");
  human.write({ [file]: flagWith(quarter) });
  const env = { GIT_AUTHOR_NAME: "Mary Jackson", GIT_AUTHOR_EMAIL: "mary@example.com" };
  human.run(["commit", "--quiet", "--all", "--message=Schedule the first wave"], { env });
  human.switch("main");
  const printed = (steps: string) => flagWith(steps).replace("Send", "Print");
  human.change(begun + 1, { [file]: printed("") });
  human.merge(begun + 2, "waves", { [file]: printed(quarter) });
  human.git("push", "--quiet", "origin", "main");
  await applyDue(await openStore(bare));
  expect(bare.git("log", "-1", "--format=%an %s", "main")).toBe(
    "Mary Jackson Roll out invoices to 25 %",
  );
});

test("applySteps() does not apply a step that is deleted while it is being applied", async () => {
  const { bare, human } = flagRemote(scheduled);
  const store = await openStore(bare);
  const due = findDueSteps(store.current?.snapshot.flags ?? [], later);
  // The store has not fetched it, so its push is rejected.
  human.publish({ [file]: flagWith(everyone) });
  const results = await applySteps(store, store.directory, due);
  expect(results.map(({ status }) => status)).toEqual(["not-found", "committed"]);
  expect(subjectsOf(bare)).toEqual(["Change flags", "Roll out invoices to everyone"]);
});

test("applySteps() does not apply a step again that a revert brings back", async () => {
  const { bare, human } = flagRemote({ ...scheduled, [file]: flagWith(quarter) });
  const store = await openStore(bare);
  await applyDue(store);
  human.pull();
  human.revert(begun + 9, "HEAD");
  human.git("push", "--quiet", "origin", "main");
  const [result] = await applyDue(store);
  expect(result?.status).toBe("repeated");
  const other = await openStore(bare);
  expect((await applyDue(other)).map(({ status }) => status)).toEqual(["repeated"]);
  expect(`${bare.git("show", `main:${file}`)}\n`).toBe(flagWith(quarter));
});

test("applySteps() applies a new step at the time of one that was applied", async () => {
  const { bare, human } = flagRemote({ ...scheduled, [file]: flagWith(quarter) });
  const store = await openStore(bare);
  await applyDue(store);
  human.publish({ [file]: flagWith(quarter.replace("25", "50")) });
  expect((await applyDue(store)).map(({ status }) => status)).toEqual(["committed"]);
  expect(subjectsOf(bare).at(-1)).toBe("Roll out invoices to 50 %");
});

test("two stores at once apply each step once", async () => {
  const { bare } = flagRemote(scheduled);
  const stores = await Promise.all([openStore(bare), openStore(bare), openStore(bare)]);
  const all = await Promise.all(stores.map((store) => applyDue(store)));
  const statuses = all.flat().map(({ status }) => status);
  expect(statuses.filter((status) => status === "committed")).toHaveLength(2);
  expect(statuses.filter((status) => status !== "committed" && status !== "repeated")).toEqual([]);
  expect(subjectsOf(bare)).toHaveLength(2);
});

test("applySteps() commits no earlier than the head, even if a clock is wrong", async () => {
  const { bare, human } = flagRemote(scheduled);
  const future = Math.floor(Date.now() / 1_000) + 86_400;
  human.publish({ "README.md": "later\n" }, future);
  await applyDue(await openStore(bare));
  const times = bare.git("log", "--reverse", "--format=%ct", "main").split("\n").map(Number);
  expect(times.slice(1)).toEqual([future, future, future]);
});

test("applySteps() fails while the head is not valid, and applies the step later", async () => {
  const { bare, human } = flagRemote(scheduled);
  const store = await openStore(bare);
  human.publish({ [file]: "enabled: perhaps\n" });
  await expect(applyDue(store)).rejects.toThrow("the head of the branch is not valid");
  human.publish({ [file]: flagWith(quarter) });
  await applyDue(store);
  const [invoices] = await flagsOf(bare);
  expect(invoices?.decisions.production).toEqual({ enabled: true, rollout: 25 });
});

test("a write that disables a flag deletes its schedule", async () => {
  const { bare } = flagRemote({
    ...scheduled,
    "bunting.yaml": "environments: [production, staging]\n",
  });
  const store = await openStore(bare);
  const result = await store.write(write(turn("invoices", false, "production")));
  expect(result.status).toBe("committed");
  const text = bare.git("show", `main:${file}`);
  expect(text).not.toContain("schedule:");
  expect(text).toContain("# as agreed");
  expect(bare.git("log", "-1", "--format=%B", "main")).toContain(
    "Change: enabled true -> false, schedule deleted",
  );
  expect(await applyDue(store)).toEqual([]);
});
