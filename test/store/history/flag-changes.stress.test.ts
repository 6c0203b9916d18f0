/** A mass removal is one commit that changes thousands of flags. */
import { expect, test } from "vitest";
import { readFlagChanges } from "../../../store/history/flag-changes.ts";
import { Repository } from "../../../store/snapshot/repository.ts";
import { bareRepository } from "../../git/repository.ts";

/** Reads the changes of one commit that removes so many flags. Returns the processor time that this takes, in milliseconds. */
async function readRemoval(count: number) {
  const bare = bareRepository();
  const names = Array.from({ length: count }, (_, number) => `flag_${number}`);
  const files = (text: string | null) =>
    Object.fromEntries(names.map((name) => [`flags/a/${name}.yaml`, text]));
  bare.change(1_700_000_000, files("enabled: true\n"));
  const removed = bare.change(1_700_000_060, files(null));
  const repository = await Repository.open(bare.directory);
  const index = await repository.changesAt(removed);
  const newest = names.flatMap((name) => index.find(name, { limit: 1, skip: 0 }));
  const start = process.cpuUsage();
  const changes = await readFlagChanges(
    bare.directory,
    newest,
    () => undefined,
    () => false,
  );
  expect(changes).toEqual([]);
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1_000;
}

test("readFlagChanges() takes linear time for the flags of one commit", async () => {
  await readRemoval(500);
  const [few, many] = [await readRemoval(2_000), await readRemoval(16_000)];
  // 8 times as many. Quadratic time would be 64 times as much.
  expect(many).toBeLessThan(24 * Math.max(few, 20));
});
