import type { Timestamp } from "../../schema/flag/snapshot.ts";
import { isSameDecision } from "../../schema/plan/difference.ts";
import type { ChangeIndex } from "./change-index.ts";
import { type FlagChange, readFlagChanges } from "./flag-changes.ts";
import { groupBy } from "./group-by.ts";

/** Number of changes of a flag that are read in the first round. Each further round reads four times as many. */
const firstRound = 4;
/** Maximum number of changes that are read at once. */
const maxChangesRead = 2_000;

/**
 * When the decision of each flag last changed in any environment, by name. Edits of texts do not count,
 * nor does a move between folders.
 */
export async function readLastToggled(
  directory: string,
  index: ChangeIndex,
  names: readonly string[],
  progress = (_read: number, _all: number) => {},
): Promise<Map<string, Timestamp>> {
  const times = new Map<string, Timestamp>();
  let open = [...names];
  for (let skip = 0, limit = firstRound; open.length > 0; skip += limit, limit *= 4) {
    const batchSize = Math.max(1, Math.floor(maxChangesRead / limit));
    const next: string[] = [];
    for (let start = 0; start < open.length; start += batchSize) {
      const batch = open.slice(start, start + batchSize);
      const indexed = batch.flatMap((name) => index.find(name, { limit, skip }));
      const changes = await readFlagChanges(directory, indexed, () => undefined);
      const byName = groupBy(changes, ({ flag }) => flag);
      for (const name of batch) {
        const own = byName.get(name) ?? [];
        const toggle = own.find(isToggle);
        const oldest = toggle ?? own.at(-1);
        if (oldest) times.set(name, oldest.changed_at);
        if (!toggle && own.length === limit) next.push(name);
      }
      progress(names.length - (open.length - start - batch.length) - next.length, names.length);
    }
    open = next;
  }
  return times;
}

/** Whether a change altered the flag's decision in an environment. */
function isToggle({ before, after }: FlagChange): boolean {
  if (!before || !after) return true;
  return Object.keys({ ...before.decisions, ...after.decisions }).some(
    (environment) => !isSameDecision(before.decisions[environment], after.decisions[environment]),
  );
}
