/** A commit of others that removes many or all flags is not served until it is accepted. */
import { expect, test } from "vitest";
import type { FlagStore } from "../../../store/writes/flag-store.ts";
import {
  type Files,
  flagRemote,
  headOf,
  openStore,
  remove,
  turn,
  write,
} from "../writes/writing.ts";

const names = Array.from({ length: 10 }, (_, index) => `flag_${index}`);
const fileOf = (name: string) => `flags/growth/${name}.yaml`;
const ten: Files = Object.fromEntries(names.map((name) => [fileOf(name), "enabled: false\n"]));

function servedBy(store: FlagStore): string[] {
  const body = store.current?.served.release.responses.find(
    ({ path }) => path === "/v1/feature-flags/",
  )?.body;
  return Object.entries(JSON.parse(body ?? "{}").flags)
    .filter(([, isOn]) => isOn !== undefined)
    .map(([name]) => name);
}

/** As `git rm -r flags` does. */
const removed: Files = Object.fromEntries(names.map((name) => [fileOf(name), null]));

test("sync() continues to serve if flags/ is renamed to Flags/, and names the folder", async () => {
  const { bare, human } = flagRemote(ten);
  const store = await openStore(bare);
  human.publish({ ...removed, "Flags/growth/flag_0.yaml": "enabled: false\n" });
  await store.sync();
  expect(servedBy(store)).toEqual(names);
  expect(store.health.problems.map(({ file }) => file)).toContain("Flags");
});

test("sync() keeps serving the flags of a removed folder and reports it, also in the next process", async () => {
  const { bare, human } = flagRemote(ten);
  const store = await openStore(bare);
  human.publish({ ...removed, "README.md": "Nothing here\n" });
  await store.sync();
  expect(servedBy(store)).toEqual(names);
  const reason = "it removes 10 of 10 flags (100 %), and no flag would be left";
  expect(store.health.heldBack).toContain("The removal of flag_0, flag_1");
  expect(store.health.heldBack).toContain(reason);
  await store.close();

  const next = await openStore(bare, { directory: store.directory });
  expect(servedBy(next)).toEqual(names);
  expect(next.health.heldBack).toContain(reason);
  human.publish(ten);
  await next.sync();
  expect(servedBy(next)).toEqual(names);
  expect(next.health.heldBack).toBeUndefined();
});

test("sync() serves all other changes meanwhile, and writes continue", async () => {
  const { bare, human } = flagRemote(ten);
  const store = await openStore(bare);
  const six = names.slice(0, 6);
  human.publish(Object.fromEntries(six.map((name) => [fileOf(name), null])));
  await store.sync();
  expect(servedBy(store)).toEqual(names);
  expect(await store.write(write(turn("flag_9", true)))).toMatchObject({ status: "committed" });
  human.publish({ [fileOf("flag_10")]: "enabled: true\n", [fileOf("flag_8")]: null });
  await store.sync();
  expect(servedBy(store).sort()).toEqual(
    [...names.filter((name) => name !== "flag_8"), "flag_10"].sort(),
  );
  const served = store.current?.served.snapshot.flags.find(({ name }) => name === "flag_9");
  expect(served?.decisions.application?.enabled).toBe(true);
  expect(store.current?.snapshot.flags.map(({ name }) => name)).toEqual([
    "flag_10",
    "flag_6",
    "flag_7",
    "flag_9",
  ]);
});

test("acceptRemovals(), or a start with acceptRemote, serves the head of the branch", async () => {
  const { bare, human } = flagRemote(ten);
  const store = await openStore(bare);
  human.publish(removed);
  await store.sync();
  expect(servedBy(store)).toEqual(names);
  const { directory } = store;
  await store.acceptRemovals();
  expect(servedBy(store)).toEqual([]);
  expect(store.health.heldBack).toBeUndefined();
  await store.close();
  const next = await openStore(bare, { directory });
  expect(servedBy(next)).toEqual([]);

  human.publish(ten);
  await next.sync();
  human.publish(removed);
  await next.sync();
  expect(servedBy(next)).toEqual(names);
  await next.close();
  const last = await openStore(bare, { directory, acceptRemote: true });
  expect(servedBy(last)).toEqual([]);
});

test("write() of any number of deletions is served at once", async () => {
  const { bare } = flagRemote(ten);
  const store = await openStore(bare);
  const results = await Promise.all(names.map((name) => store.write(write(remove(name)))));
  expect(new Set(results.map(({ status }) => status))).toEqual(new Set(["committed"]));
  expect(servedBy(store)).toEqual([]);
  expect(store.current?.snapshot.commit).toBe(headOf(bare));
});

test("sync() serves removals within the limit at once", async () => {
  const { bare, human } = flagRemote(ten);
  const store = await openStore(bare);
  human.publish(Object.fromEntries(names.slice(0, 5).map((name) => [fileOf(name), null])));
  await store.sync();
  expect(servedBy(store)).toEqual(names.slice(5));
});
