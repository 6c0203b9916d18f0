import { expect, test } from "vitest";
import { readFlagChanges } from "../../store/flag-changes.ts";
import { type TestRepository, testRepository } from "../git/repository.ts";
import { begun, create, describe, flagRemote, openStore, remove, turn, write } from "./writing.ts";

const file = "flags/nutrition/meal_planning.yaml";
const all = { limit: 100, skip: 0 };

function changesOf(repository: TestRepository, name = "meal_planning", environment = "application") {
  const head = repository.git("rev-parse", "HEAD");
  return readFlagChanges(repository.directory, head, name, environment, all);
}

test("readFlagChanges() tells what people did, the newest first", async () => {
  const repository = testRepository();
  const text = "description: Plan meals\nenabled: false\n";
  const created = repository.change(begun, { [file]: text });
  repository.change(begun + 1, { "flags/growth/daily_tips.yaml": "enabled: true\n" });
  const enabled = repository.change(begun + 2, { [file]: text.replace("false", "true") });
  const described = repository.change(begun + 3, { [file]: "description: New\nenabled: true\n" });
  repository.change(begun + 4, { [file]: null });

  const off = { enabled: false, description: "Plan meals" };
  const on = { enabled: true, description: "Plan meals" };
  const renewed = { enabled: true, description: "New" };
  const changes = await changesOf(repository);
  expect(changes).toMatchObject([
    { kind: "deleted", before: renewed, after: null },
    { kind: "updated", before: on, after: renewed, commit: described },
    { kind: "updated", before: off, after: on, commit: enabled },
    { kind: "created", before: null, after: off, commit: created },
  ]);
  expect(changes.at(-1)).toEqual({
    kind: "created",
    commit: created,
    changed_at: "2023-11-14T22:13:20Z",
    changed_by: "Ada",
    origin: "git",
    summary: "Change flags",
    reason: "",
    before: null,
    after: off,
  });
});

test("readFlagChanges() takes a move for a change, with all that came before it", async () => {
  const repository = testRepository();
  repository.change(begun, { [file]: "enabled: true\n" });
  repository.move(file, "flags/growth/meal_planning.yaml");
  repository.commit(begun + 1);
  repository.move("flags/growth/meal_planning.yaml", "flags/meal_planning.yaml");
  repository.change(begun + 2, { "flags/meal_planning.yaml": "enabled: false\n" });
  const on = { enabled: true, description: "" };
  expect(await changesOf(repository)).toMatchObject([
    { kind: "updated", before: on, after: { enabled: false, description: "" } },
    { kind: "updated", before: on, after: on },
    { kind: "created", before: null, after: on },
  ]);
});

test("readFlagChanges() counts a merge once, when it landed", async () => {
  const repository = testRepository();
  repository.change(begun, { [file]: "enabled: true\n" });
  repository.switch("work");
  repository.change(begun + 1, { [file]: "enabled: false\n" });
  repository.change(begun + 2, { [file]: "description: Off\nenabled: false\n" });
  repository.switch("main");
  repository.change(begun + 3, { "README.md": "Flags\n" });
  const merge = repository.merge(begun + 4, "work");
  const changes = await changesOf(repository);
  expect(changes.map(({ kind }) => kind)).toEqual(["updated", "created"]);
  expect(changes[0]).toMatchObject({ commit: merge, after: { enabled: false, description: "Off" } });
});

test("readFlagChanges() begins anew with a flag that came back", async () => {
  const repository = testRepository();
  for (const text of ["enabled: true\n", null, "enabled: false\n"])
    repository.change(begun, { [file]: text });
  const kinds = (await changesOf(repository)).map(({ kind }) => kind);
  expect(kinds).toEqual(["created", "deleted", "created"]);
});

test("readFlagChanges() does not take a file that nobody could read for one that was gone", async () => {
  const repository = testRepository();
  for (const text of ["enabled: true\n", "enabled: yes\n", "enabled: false\n"])
    repository.change(begun, { [file]: text });
  expect(await changesOf(repository)).toMatchObject([
    { kind: "updated", before: null, after: { enabled: false } },
    { kind: "updated", before: { enabled: true }, after: null },
    { kind: "created", before: null, after: { enabled: true } },
  ]);
});

test("readFlagChanges() tells who used the API, and the reason that was given", async () => {
  const { bare, human } = flagRemote();
  const store = await openStore(bare);
  const actor = { id: "ci", name: "Release train", email: "ci@example.com" };
  await store.write(write(create("streaks", false, "Count days"), { actor, reason: "Sprint 7" }));
  await store.write(write(turn("streaks", true, "staging"), { actor }));
  await store.write(write(describe("streaks", "Days"), { reason: "Flag: named wrongly\n\nActor: x" }));
  human.publish({ "flags/unowned/streaks.yaml": "description: Days\nenabled: true\n" });
  await store.write(write(remove("streaks"), { actor, reason: "Over" }));
  await store.sync();

  const changes = await store.changesOf("streaks", "staging", all);
  const off = { enabled: false, description: "Count days" };
  const on = { enabled: true, description: "Count days" };
  const renamed = { enabled: true, description: "Days" };
  expect(changes).toMatchObject([
    { kind: "deleted", origin: "api", summary: "Delete streaks", reason: "Over", after: null },
    { kind: "updated", origin: "git", changed_by: "Ada", reason: "", before: renamed, after: renamed },
    { kind: "updated", origin: "api", changed_by: "Ada", reason: "Flag: named wrongly Actor: x" },
    { kind: "updated", origin: "api", summary: "Enable streaks in staging", reason: "", before: off, after: on },
    { kind: "created", origin: "api", changed_by: "Release train", reason: "Sprint 7", after: off },
  ]);
  const atRoot = await store.changesOf("streaks", "application", all);
  expect(atRoot[3]).toMatchObject({ before: off, after: off });
});

test("readFlagChanges() goes through the changes page by page", async () => {
  const repository = testRepository();
  for (let count = 0; count < 7; count++)
    repository.change(begun + count, { [file]: `description: '${count}'\nenabled: true\n` });
  const head = repository.git("rev-parse", "HEAD");
  const pages: string[][] = [];
  for (let skip = 0; skip < 9; skip += 3) {
    const page = { limit: 3, skip };
    const changes = await readFlagChanges(repository.directory, head, "meal_planning", "staging", page);
    pages.push(changes.map(({ after }) => after?.description ?? ""));
  }
  expect(pages).toEqual([["6", "5", "4"], ["3", "2", "1"], ["0"]]);
});

test("readFlagChanges() knows nothing of a flag that never was, or has a longer name", async () => {
  const repository = testRepository();
  repository.change(begun, { [file]: "enabled: true\n", "flags/a/x_meal_planning.yaml": "enabled: true\n" });
  expect(await changesOf(repository, "planning")).toEqual([]);
  expect(await changesOf(repository, "meal_plannin")).toEqual([]);
  expect(await changesOf(repository)).toHaveLength(1);
});

test("readFlagChanges() is not misled by what people write into messages, or set in their configuration", async () => {
  const repository = testRepository();
  for (const [key, value] of [
    ["log.showSignature", "true"],
    ["log.showRoot", "false"],
    ["log.follow", "true"],
    ["diff.orderFile", "/no/such/file"],
    ["diff.renames", "copies"],
    ["i18n.logOutputEncoding", "UTF-16"],
  ] as const)
    repository.git("config", key, value);
  repository.change(begun, { [file]: "enabled: true\n" });
  const forged = `\x01${"0".repeat(40)}\n\n:100644 100644 ${"1".repeat(40)} ${"2".repeat(40)} M\n\x01`;
  repository.write({ [file]: "enabled: false\n" });
  repository.git("commit", "--quiet", "--all", "--cleanup=verbatim", "--message", `Turn ${forged}`);
  repository.write({ [file]: "enabled: true\n" });
  repository.git("commit", "--quiet", "--all", "--cleanup=verbatim", "--message", forged);
  const changes = await changesOf(repository);
  expect(changes).toMatchObject([
    { kind: "updated", before: { enabled: false }, after: { enabled: true } },
    { kind: "updated", before: { enabled: true }, after: { enabled: false } },
    { kind: "created" },
  ]);
  expect(changes.map(({ origin }) => origin)).toEqual(["git", "git", "git"]);
});
