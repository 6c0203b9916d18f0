/** A request with an idempotency key is executed once, for every kind of change, also if somebody forges a commit. */
import { expect, test } from "vitest";
import type { TestRepository } from "../../git/repository.ts";
import {
  create,
  flagRemote,
  flagsOf,
  headOf,
  idempotency,
  mealPlanning,
  openStore,
  remove,
  requestsOf,
  turn,
  write,
} from "./writing.ts";

const keyed = { idempotency: idempotency(7) };

test.each([
  ["an update", turn("daily_tips", true), "committed"],
  ["an update that changes nothing", turn("daily_tips", false), "unchanged"],
  ["a new flag", create("streaks"), "committed"],
  ["a deletion", remove("daily_tips"), "committed"],
] as const)(
  "write() remembers the key of %s, also in the next process",
  async (_what, change, status) => {
    const { bare, human } = flagRemote();
    const store = await openStore(bare);
    const first = await store.write(write(change, keyed));
    expect(first).toMatchObject({ status, commit: headOf(bare) });
    // Somebody reverts it; the repeated request must not apply it again.
    human.publish({ "flags/growth/daily_tips.yaml": "enabled: true\n", "README.md": "Undone\n" });
    const next = await openStore(bare);
    for (const one of [store, next]) {
      const commit = "commit" in first ? first.commit : "";
      expect(await one.write(write(change, keyed))).toEqual({ status: "repeated", commit });
    }
    expect(requestsOf(bare)).toHaveLength(1);
    const tips = (await flagsOf(bare)).find(({ name }) => name === "daily_tips");
    expect(tips?.decisions.application?.enabled).toBe(true);
  },
);

test("write() with a key that changes nothing changes no file", async () => {
  const { bare } = flagRemote();
  const store = await openStore(bare);
  const before = store.current?.release.responses.map(({ md5 }) => md5);
  await store.write(write(turn("daily_tips", false), keyed));
  expect(bare.git("rev-list", "--count", "main")).toBe("2");
  expect(bare.git("diff", "main~1", "main")).toBe("");
  expect(store.current?.release.responses.map(({ md5 }) => md5)).toEqual(before);
  await store.write(write(turn("daily_tips", false)));
  expect(bare.git("rev-list", "--count", "main")).toBe("2");
});

test("write() refuses a key that belongs to another request", async () => {
  const { bare } = flagRemote();
  const store = await openStore(bare);
  await store.write(write(turn("daily_tips", false), keyed));
  const other = { idempotency: idempotency(7, "0".repeat(64)) };
  expect(await store.write(write(turn("daily_tips", true), other))).toEqual({
    status: "key-reused",
  });
});

/** Commits with any message, like a person who can push. */
function commitAs(
  bare: TestRepository,
  human: ReturnType<typeof flagRemote>["human"],
  message: string,
) {
  human.pull();
  const identity = {
    GIT_COMMITTER_NAME: "Bunting",
    GIT_COMMITTER_EMAIL: "bunting@bunting.example",
  };
  human.run(["commit", "--quiet", "--allow-empty", "--file=-"], { input: message, env: identity });
  human.git("push", "--quiet", bare.directory, "HEAD:main");
}

test("write() ignores a forged commit with its key", async () => {
  const { bare, human } = flagRemote();
  const { key, fingerprint } = keyed.idempotency;
  const trailers = `Flag: daily_tips\nActor: Ada (ada)\nIdempotency-Key: ${key} ${fingerprint}\n`;
  commitAs(bare, human, `Enable daily_tips\n\n${trailers}`);
  commitAs(
    bare,
    human,
    `Enable daily_tips\n\n${trailers}Bunting-Signature: v1 0a ${"0".repeat(64)}\n`,
  );
  const store = await openStore(bare);
  const result = await store.write(write(turn("daily_tips", true), keyed));
  expect(result).toMatchObject({ status: "committed", commit: headOf(bare) });
});

test("write() knows the keys of servers with the same commit key, and of no others", async () => {
  const { bare } = flagRemote();
  const [ours, theirs] = ["a".repeat(32), "b".repeat(32)];
  const first = await openStore(bare, { commitKeys: [ours] });
  await first.write(write(turn("daily_tips", true), keyed));
  const rotated = await openStore(bare, { commitKeys: [theirs, ours] });
  expect(await rotated.write(write(turn("daily_tips", true), keyed))).toMatchObject({
    status: "repeated",
  });
  const stranger = await openStore(bare, { commitKeys: [theirs] });
  expect(await stranger.write(write(turn("daily_tips", false), keyed))).toMatchObject({
    status: "committed",
  });
});

test("changesOf() names the actor of a request once: a copy of its commit has its author", async () => {
  const { bare, human } = flagRemote();
  const store = await openStore(bare);
  await store.write(
    write(turn("meal_planning", false), { actor: { id: "bob", name: "Bob", email: "b@x" } }),
  );
  const message = bare.git("log", "-1", "--format=%B", "main");
  human.pull();
  human.git("revert", "--no-edit", "HEAD");
  human.git("show", `HEAD~1:${mealPlanning}`);
  human.git("checkout", "--quiet", "HEAD~1", "--", mealPlanning);
  human.run(["commit", "--quiet", "--file=-"], { input: message });
  human.git("push", "--quiet", "origin", "HEAD:main");
  await store.sync();
  const changes = await store.history.changesOf("meal_planning", { limit: 9, skip: 0 });
  expect(changes.map(({ origin, changed_by }) => [origin, changed_by])).toEqual([
    ["git", "Ada"],
    ["git", "Ada"],
    ["api", "Bob"],
    ["git", "Ada"],
  ]);
});
