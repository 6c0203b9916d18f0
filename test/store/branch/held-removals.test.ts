/** A commit of others that removes many or all flags is not served until it is accepted. */
import { cpSync, existsSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import type { FlagStore } from "../../../store/writes/flag-store.ts";
import {
  describe,
  type Files,
  flagRemote,
  headOf,
  newClone,
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

/** The change of `git rm -r flags`. */
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

function deleteAll(store: FlagStore, flags: readonly string[]) {
  return Promise.all(flags.map((name) => store.write(write(remove(name)))));
}

test("sync() serves any number of deletions that another server made", async () => {
  const { bare, human } = flagRemote(ten);
  const [store, other] = [await openStore(bare), await openStore(bare)];
  await deleteAll(store, names.slice(0, 8));
  human.publish({ [fileOf("flag_8")]: null });
  await other.sync();
  expect(servedBy(other)).toEqual(["flag_9"]);
  expect(other.health.heldBack).toBeUndefined();
});

test("sync() serves the deletions of a server that has an old key, and holds back those of an unknown one", async () => {
  const [old, current, unknown] = ["o", "c", "u"].map((letter) => letter.repeat(64));
  const { bare, human } = flagRemote(ten);
  const reader = await openStore(bare, { commitKeys: [current ?? "", old ?? ""] });
  await deleteAll(await openStore(bare, { commitKeys: [old ?? ""] }), names);
  await reader.sync();
  expect(servedBy(reader)).toEqual([]);

  human.publish(ten);
  await reader.sync();
  await deleteAll(await openStore(bare, { commitKeys: [unknown ?? ""] }), names);
  await reader.sync();
  expect(servedBy(reader)).toEqual(names);
});

test("sync() holds back the other removals of a commit with the signed message of a deletion", async () => {
  const { bare, human } = flagRemote(ten);
  const [store, other] = [await openStore(bare), await openStore(bare)];
  const [flag = "", ...nine] = names;
  await store.write(write(remove(flag)));
  human.write(Object.fromEntries(nine.map((name) => [fileOf(name), null])));
  human.git("add", "--all");
  human.git("commit", "--quiet", "--amend", "--no-edit");
  human.force("HEAD");
  await other.sync();
  expect(servedBy(other)).toEqual(nine);
});

test("sync() holds back the removals of copies of deletions", async () => {
  const { bare, human } = flagRemote(ten);
  const store = await openStore(bare);
  const first = headOf(bare);
  await deleteAll(store, names.slice(0, 6));
  const last = headOf(bare);
  human.publish(ten);
  await store.sync();
  human.git("cherry-pick", `${first}..${last}`);
  human.git("push", "--quiet", "origin", "HEAD:main");
  await store.sync();
  expect(store.current?.snapshot.commit).toBe(headOf(bare));
  expect(servedBy(store)).toEqual(names);
});

test("a restart serves the same while removals wait", async () => {
  const { bare, human } = flagRemote(ten);
  const store = await openStore(bare);
  human.publish({ [fileOf("late")]: "enabled: true\n" });
  await store.sync();
  await store.write(write(describe("flag_0", "Changed before it is removed")));
  const six = [...names.slice(0, 5), "late"];
  human.publish(Object.fromEntries(six.map((name) => [fileOf(name), null])));
  await store.sync();
  await store.write(write(remove("flag_5")));
  human.publish({ [fileOf("flag_6")]: null });
  await store.sync();
  expect(servedBy(store)).toEqual([...names.slice(0, 5), ...names.slice(7), "late"]);

  const restart = () => {
    const directory = newClone();
    cpSync(store.directory, directory, { recursive: true });
    return openStore(bare, { directory });
  };
  const same = await restart();
  expect(same.current?.served).toEqual(store.current?.served);
  expect(same.health.heldBack).toBe(store.health.heldBack);

  await deleteAll(await openStore(bare), ["flag_7", "flag_8"]);
  const next = await restart();
  expect(servedBy(next)).toEqual([...names.slice(0, 5), "flag_9", "late"]);
  await store.sync();
  expect(next.current?.served).toEqual(store.current?.served);
  expect(next.health.heldBack).toBe(store.health.heldBack);
});

const gone = "0".repeat(40);
test.each([
  ["is missing", undefined],
  ["is damaged", '{"commit":'],
  ["has another form", JSON.stringify({ commit: gone, waiting: [null], reason: "" })],
  ["names a commit that is gone", JSON.stringify({ commit: gone, waiting: [], reason: "" })],
  ["holds nothing back", JSON.stringify({ commit: "HEAD", waiting: [], reason: "" })],
  [
    "has another kind of change",
    JSON.stringify({
      commit: "HEAD",
      waiting: [{ flag: "flag_0", change: "switch-on", served: "FIRST" }],
      reason: "",
    }),
  ],
])("a restart holds removals back if their record in the clone %s", async (_, text) => {
  const { bare, human } = flagRemote(ten);
  const store = await openStore(bare);
  const first = headOf(bare);
  human.publish(removed);
  await store.sync();
  await store.close();
  const record = path.join(store.directory, "bunting-held.json");
  expect(existsSync(record)).toBe(true);
  if (text === undefined) rmSync(record);
  else writeFileSync(record, text.replace("HEAD", headOf(bare)).replace("FIRST", first));
  const next = await openStore(bare, { directory: store.directory });
  expect(servedBy(next)).toEqual(names);
  expect(next.health.heldBack).toContain("it removes 10 of 10 flags");
  human.publish(ten);
  await next.sync();
  expect(existsSync(record)).toBe(false);
});

test("a clone that is made anew keeps the record of held removals", async () => {
  const { bare, human } = flagRemote(ten);
  const store = await openStore(bare);
  human.publish({ [fileOf("late")]: "enabled: true\n" });
  await store.sync();
  const six = [...names.slice(0, 5), "late"];
  human.publish(Object.fromEntries(six.map((name) => [fileOf(name), null])));
  await store.sync();
  human.publish({ [fileOf("flag_5")]: null });
  await store.sync();
  // Nothing of this commit is served, so nothing writes the record again.
  human.publish({ [fileOf("flag_6")]: "enabled: maybe\n" });
  rmSync(path.join(store.directory, "objects"), { recursive: true });
  await store.sync();
  expect(store.health.problems).toHaveLength(1);
  await store.close();
  const served = [...names.slice(0, 5), ...names.slice(6), "late"];
  expect(servedBy(store)).toEqual(served);
  expect(servedBy(await openStore(bare, { directory: store.directory }))).toEqual(served);
});
