/** A commit of a million paths in the history. Complete passes over it are slow. */
import { describe, expect, test } from "vitest";
import { readHistory } from "../../../store/history/history.ts";
import { Repository } from "../../../store/snapshot/repository.ts";
import { bombed, start } from "./bomb.ts";

describe("a commit of a million paths", () => {
  test("does not count in the history once it is gone", async () => {
    const { directory, first, bomb, removed, next } = bombed();
    const history = await readHistory(directory, next);
    const a = { created: start, updated: start + 180 };
    expect([...history.flags]).toMatchObject([["a", a]]);
    for (const commit of [first, removed]) {
      const known = await readHistory(directory, commit);
      expect(await readHistory(directory, next, known)).toEqual(history);
    }
    expect((await readHistory(directory, removed)).touched).toBe(start);
    const repository = await Repository.open(directory);
    const page = { limit: 5, skip: 0 };
    const changes = await repository.changesOf(next, "a", page);
    expect(changes.map(({ commit, kind }) => [commit, kind])).toEqual([
      [next, "updated"],
      [first, "created"],
    ]);
    expect(bomb).not.toBe(removed);
  });
});
