/** Changes of the branch by others: commits, invalid commits, a reset, a replacement. */
import { expect, test, vi } from "vitest";
import type { FlagStore } from "../../../store/writes/flag-store.ts";
import { type TestRepository, testRepository } from "../../git/repository.ts";
import {
  begun,
  create,
  dailyTips,
  describe,
  expectSound,
  flagRemote,
  flagsOf,
  headOf,
  mealPlanning,
  openStore,
  type Remote,
  requestsOf,
  subjectsOf,
  turn,
  write,
} from "./writing.ts";

test("write() keeps another commit's change of another flag", async () => {
  const { bare, human } = flagRemote();
  const store = await openStore(bare);
  const conflicts: unknown[] = [];
  store.onConflict.add(() => conflicts.push(undefined));
  const theirs = human.publish({ [dailyTips]: "description: Show two tips\nenabled: true\n" });
  const result = await store.write(write(turn("meal_planning", false)));
  expect(result).toMatchObject({ status: "committed", commit: headOf(bare) });
  expect(bare.git("rev-parse", "main~1")).toBe(theirs);
  expect(await flagsOf(bare)).toMatchObject([
    { description: "Show two tips", decisions: { application: { enabled: true } } },
    { decisions: { application: { enabled: false }, staging: { enabled: false } } },
  ]);
  expect(conflicts).toHaveLength(1);
});

test("write() is applied on top of another commit's change of the same flag", async () => {
  const { bare, human } = flagRemote();
  const store = await openStore(bare);
  const moved = "flags/growth/meal_planning.yaml";
  human.publish({
    [mealPlanning]: null,
    [moved]: "# Ours now\ndescription: Plan meals\nenabled: true\n",
  });
  await store.write(write(turn("meal_planning", false)));
  const text = "# Ours now\ndescription: Plan meals\nenabled: false\n";
  expect(bare.git("show", `main:${moved}`)).toBe(text.trimEnd());
  expect(bare.git("diff", "--name-only", "main~1", "main")).toBe(moved);
});

test("write() calls isExpected() again with the flag of another commit", async () => {
  const { bare, human } = flagRemote();
  const store = await openStore(bare);
  const descriptions: (string | undefined)[] = [];
  const isExpected: Parameters<typeof write>[1] = {
    isExpected: (known) => {
      descriptions.push(known?.flag.description);
      return known?.flag.description === "Show a tip a day";
    },
  };
  const theirs = human.publish({ [dailyTips]: "description: Show two tips\nenabled: true\n" });
  const result = await store.write(write(turn("daily_tips", false), isExpected));
  expect(result).toEqual({ status: "stale" });
  expect(descriptions).toEqual(["Show a tip a day", "Show two tips"]);
  expect(headOf(bare)).toBe(theirs);
});

test("write() sees the earlier writes of its batch", async () => {
  const { bare } = flagRemote();
  const store = await openStore(bare);
  const counted = (from: number) =>
    write(describe("daily_tips", `${from + 1}`), {
      isExpected: (known) =>
        known?.flag.description === (from === 0 ? "Show a tip a day" : `${from}`),
    });
  const results = await Promise.all([
    store.write(counted(0)),
    store.write(counted(1)),
    store.write(counted(1)),
    store.write(counted(2)),
    store.write(write(create("daily_tips"))),
    store.write(write(create("streaks", true))),
    store.write(write(turn("streaks", false))),
    store.write(write(turn("streaks", false))),
  ]);
  const statuses = results.map(({ status }) => status);
  expect(statuses.slice(0, 4)).toEqual(["committed", "committed", "stale", "committed"]);
  expect(statuses.slice(4)).toEqual(["duplicate", "committed", "committed", "unchanged"]);
  const wanted = ["Describe daily_tips", "Describe daily_tips", "Describe daily_tips"];
  expect(subjectsOf(bare)).toEqual([...wanted, "Create streaks", "Disable streaks"]);
});

test("write() keeps the order of each flag's writes, over many batches", async () => {
  const { bare } = flagRemote();
  const store = await openStore(bare);
  const writes = Array.from({ length: 600 }, (_, index) =>
    write(describe(index % 3 === 0 ? "daily_tips" : "meal_planning", `Number ${index}`)),
  );
  const results = await Promise.all(writes.map((one) => store.write(one)));
  expect(new Set(results.map(({ status }) => status))).toEqual(new Set(["committed"]));
  expect(requestsOf(bare)).toEqual(writes.map(({ requestId }) => requestId));
  const commits = results.flatMap((result) => ("commit" in result ? [result.commit] : []));
  const log = bare.git("log", "--reverse", "--format=%H", "main").split("\n").slice(1);
  expect(log).toEqual(commits);
  expectSound(bare, store);
});

test("write() fails at once if the queue is full", async () => {
  const { bare } = flagRemote();
  const store = await openStore(bare, { writeTimeoutMs: 60_000 });
  const taken = Array.from({ length: 1_000 }, (_, index) =>
    store.write(write(describe("daily_tips", `Number ${index}`))),
  );
  expect(store.health.queued).toBe(1_000);
  await expect(store.write(write(turn("daily_tips", true)))).rejects.toMatchObject({
    name: "WriteUnavailableError",
    message: "Cannot accept the change: 1000 changes are waiting already",
  });
  await Promise.all(taken);
  expect(requestsOf(bare)).toHaveLength(1_000);
  expect(store.health.queued).toBe(0);
});

test("close() finishes waiting writes, and accepts no more", async () => {
  const { bare } = flagRemote();
  const store = await openStore(bare);
  const taken = Array.from({ length: 300 }, (_, index) =>
    store.write(write(describe("daily_tips", `Number ${index}`))),
  );
  const closed = store.close();
  await expect(store.write(write(turn("daily_tips", true)))).rejects.toThrow(
    "Cannot accept the change: the service is being stopped",
  );
  await closed;
  expect(requestsOf(bare)).toHaveLength(300);
  for (const { status } of await Promise.all(taken)) expect(status).toBe("committed");
});

test("write() is acknowledged when its commit is on the remote, even if a listener fails", async () => {
  const { bare } = flagRemote();
  const store = await openStore(bare);
  const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
  const fail = () => {
    throw new Error("listener failed");
  };
  store.onChange.add(fail);
  store.onGit.add(fail);
  store.onConflict.add(fail);
  const result = await store.write(write(turn("daily_tips", true)));
  expect(result).toMatchObject({ status: "committed", commit: headOf(bare) });
  expect(store.current?.snapshot.commit).toBe(headOf(bare));
  expect(warn).toHaveBeenCalledWith(new Error("listener failed"));
  warn.mockRestore();
});

test("write() never has an earlier time than the branch, even if the clock is behind", async () => {
  const { bare, human } = flagRemote();
  const future = 4_000_000_000;
  human.publish({ [dailyTips]: "description: Show two tips\nenabled: true\n" }, future);
  const store = await openStore(bare);
  const created = await store.write(write(create("streaks")));
  expect(created).toMatchObject({ flag: { created_at: "2096-10-02T07:06:40Z" } });
  human.publish({ "README.md": "Flags!\n" }, future + 60);
  await store.write(write(turn("streaks", true)));
  const times = bare.git("log", "--reverse", "--format=%ct", "main").split("\n").map(Number);
  expect(times).toEqual([begun, future, future, future + 60, future + 60]);
  const [, , streaks] = await flagsOf(bare);
  expect(streaks).toMatchObject({ name: "streaks", updated_at: "2096-10-02T07:07:40Z" });
});

/** The ways in which a branch can lose commits that a server has seen. */
const losses: Record<string, (remote: Remote, first: string) => void> = {
  rewound: ({ human }, first) => human.force(first),
  "force-pushed": ({ human }, first) => {
    human.git("switch", "--quiet", "--detach", first);
    human.force(human.change(begun + 5, { [dailyTips]: "enabled: true\n" }));
  },
  deleted: ({ bare }) => void bare.git("update-ref", "-d", "refs/heads/main"),
  "replaced by another history": ({ human }) => {
    const other = testRepository();
    const head = other.change(begun + 5, { [dailyTips]: "enabled: true\n" });
    human.git("fetch", "--quiet", other.directory, "main");
    human.force(head);
  },
};

function branchOf(bare: TestRepository): string {
  return bare.git("for-each-ref", "--format=%(objectname)", "refs/heads/main");
}

async function expectStopped(
  store: FlagStore,
  bare: TestRepository,
  commit: string,
): Promise<void> {
  const there = branchOf(bare);
  const change = turn("meal_planning", true, "staging");
  await expect(store.write(write(change))).rejects.toMatchObject({
    name: "WriteUnavailableError",
    message: expect.stringContaining('Cannot follow "main": '),
  });
  await store.sync();
  expect(store.health.stopped).toContain('Cannot follow "main": ');
  await expect(store.write(write(change))).rejects.toThrow('Cannot follow "main": ');
  expect(store.current?.snapshot.commit).toBe(commit);
  expect(branchOf(bare)).toBe(there);
}

test.each(Object.entries(losses))(
  "write() stops at a branch that was %s, and so does the next process",
  async (_what, lose) => {
    const remote = flagRemote();
    const { bare, human } = remote;
    const first = headOf(bare);
    const store = await openStore(bare);
    await store.write(write(turn("meal_planning", false)));
    const last = headOf(bare);
    lose(remote, first);
    await expectStopped(store, bare, last);
    await store.close();

    const { directory } = store;
    const next = await openStore(bare, { directory });
    expect(next.health.stopped).toContain('Cannot follow "main": ');
    await expectStopped(next, bare, last);

    human.git("fetch", "--quiet", directory, last);
    human.force(last);
    await next.sync();
    const result = await next.write(write(turn("daily_tips", true)));
    expect(result.status).toBe("committed");
    expect(requestsOf(bare)).toHaveLength(2);
  },
);

test.each(["rewound", "force-pushed", "replaced by another history"])(
  "open() with acceptRemote continues with a branch that was %s",
  async (what) => {
    const remote = flagRemote();
    const { bare } = remote;
    const first = headOf(bare);
    const store = await openStore(bare);
    await store.write(write(turn("meal_planning", false)));
    losses[what]?.(remote, first);
    await store.close();

    const { directory } = store;
    const next = await openStore(bare, { directory, acceptRemote: true });
    expect(next.health.stopped).toBeUndefined();
    expect(next.current?.snapshot.commit).toBe(headOf(bare));
    const result = await next.write(write(create("streaks")));
    expect(result).toMatchObject({ status: "committed", commit: headOf(bare) });
    expect(subjectsOf(bare)).not.toContain("Disable meal_planning");
    await next.close();
    const last = await openStore(bare, { directory });
    expect(last.health.stopped).toBeUndefined();
  },
);

test("open() reports that the branch does not exist", async () => {
  const { bare } = flagRemote();
  bare.git("branch", "--quiet", "--move", "main", "trunk");
  await expect(openStore(bare)).rejects.toThrow(
    'Cannot follow "main": the remote has no such branch; branches there: trunk',
  );
  bare.git("update-ref", "-d", "refs/heads/trunk");
  await expect(openStore(bare)).rejects.toThrow("; it has no branches at all");
});

const invalid = "description: Show a tip a day\nenabled: yes\n";
const problem = `${dailyTips}:2:10: `;

test("write() is refused with file and line while the head is invalid, and the last valid commit is served", async () => {
  const { bare, human } = flagRemote();
  const store = await openStore(bare);
  await store.write(write(turn("meal_planning", false)));
  const valid = headOf(bare);
  human.publish({ [dailyTips]: invalid });
  const refused = { name: "WriteUnavailableError", message: expect.stringContaining(problem) };
  const change = write(turn("meal_planning", true));
  await expect(store.write(change)).rejects.toMatchObject(refused);
  await expect(store.write(change)).rejects.toMatchObject(refused);
  expect(store.current?.snapshot.commit).toBe(valid);
  expect(store.health.problems).toMatchObject([{ file: dailyTips, line: 2, column: 10 }]);
  await store.close();

  const next = await openStore(bare, { directory: store.directory });
  expect(next.current?.snapshot.commit).toBe(valid);
  expect(next.health.problems).toMatchObject([{ file: dailyTips, line: 2 }]);
  await expect(next.write(change)).rejects.toMatchObject(refused);

  human.publish({ [dailyTips]: "enabled: true\n" });
  await next.sync();
  expect(next.current?.snapshot.commit).toBe(headOf(bare));
  expect(next.health.problems).toEqual([]);
  expect(await next.write(change)).toMatchObject({ status: "committed" });
});

test("open() on a branch that was never valid serves nothing until the branch is repaired", async () => {
  const { bare, human } = flagRemote({ [dailyTips]: invalid });
  const store = await openStore(bare);
  expect(store.current).toBeUndefined();
  await expect(store.write(write(create("streaks")))).rejects.toThrow(problem);
  const next = await openStore(bare, { directory: store.directory });
  expect(next.current).toBeUndefined();
  human.publish({ [dailyTips]: "enabled: true\n" });
  await store.sync();
  expect(store.current?.snapshot.commit).toBe(headOf(bare));
  expect(await store.write(write(create("streaks")))).toMatchObject({ status: "committed" });
});

test("write() makes the first flag of a branch that has none", async () => {
  const { bare } = flagRemote({ "README.md": "Flags\n" });
  const store = await openStore(bare);
  expect(await store.write(write(create("streaks", true)))).toMatchObject({ status: "committed" });
  expect(await flagsOf(bare)).toMatchObject([
    { name: "streaks", decisions: { application: { enabled: true } } },
  ]);
});
