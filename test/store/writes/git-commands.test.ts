/** The number of git commands that a store starts: a client waits 5 to 10 ms for each. */
import { expect, test, vi } from "vitest";
import { readGit, streamGit } from "../../../store/git/git.ts";
import {
  flagRemote,
  headOf,
  idempotency,
  mealPlanning,
  openStore,
  turn,
  write,
} from "./writing.ts";

vi.mock(import("../../../store/git/git.ts"), { spy: true });

/** The git commands that `work` starts. */
async function commandsOf(work: () => Promise<unknown>): Promise<(string | undefined)[]> {
  vi.clearAllMocks();
  await work();
  const calls = [...vi.mocked(readGit).mock.calls, ...vi.mocked(streamGit).mock.calls];
  return calls.map(([, args]) => args.find((arg) => /^[a-z][a-z-]*$/.test(arg)));
}

test("a write starts two git commands, and a fetch without new commits one", async () => {
  const { bare, human } = flagRemote();
  const store = await openStore(bare);
  await store.write(write(turn("meal_planning", false)));

  const own = () => store.write(write(turn("meal_planning", true)));
  expect(await commandsOf(own)).toEqual(["fast-import", "push"]);
  expect(store.current?.snapshot.commit).toBe(headOf(bare));
  const keyed = () => store.write(write(turn("daily_tips", true), { idempotency: idempotency(1) }));
  expect(await commandsOf(keyed)).toEqual(["fast-import", "push"]);
  expect(await commandsOf(() => store.sync())).toEqual(["fetch"]);
  expect(await commandsOf(() => store.emergencyChanges())).toEqual([]);

  human.publish({ [mealPlanning]: "enabled: false\n" });
  // The commit, its ancestry, its message and its changes.
  const wanted = ["fetch", "rev-list", "log", "log"];
  expect(await commandsOf(() => store.sync())).toEqual(wanted);
  expect(store.current?.snapshot.commit).toBe(headOf(bare));
});
