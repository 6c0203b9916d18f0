import type { Flag } from "../../schema/flag/flag.ts";
import type { Timestamp } from "../../schema/flag/snapshot.ts";
import { isSameDecision } from "../../schema/plan/difference.ts";
import type { ChangeIndex } from "./change-index.ts";
import { type FlagChange, readFlagChanges } from "./flag-changes.ts";

/** Number of changes of a flag that are read in the first round. Each further round reads four times as many. */
const firstRound = 4;
/** Maximum number of changes that are read at once. */
const maxChangesRead = 2_000;

/**
 * Since when flags are decided as they are, in all environments, by name. Edits of texts do not count,
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
      const byName = groupByFlag(changes);
      for (const name of batch) {
        const own = byName.get(name) ?? [];
        const turn = own.find(isToggle);
        const oldest = turn ?? own.at(-1);
        if (oldest) times.set(name, oldest.changed_at);
        if (!turn && own.length === limit) next.push(name);
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
  return [...environmentsOf(before), ...environmentsOf(after)].some(
    (environment) => !isSameDecision(before.decisions[environment], after.decisions[environment]),
  );
}

function environmentsOf({ decisions }: Flag): string[] {
  return Object.keys(decisions);
}

function groupByFlag(changes: readonly FlagChange[]): Map<string, FlagChange[]> {
  const groups = new Map<string, FlagChange[]>();
  for (const change of changes) {
    const group = groups.get(change.flag);
    if (group) group.push(change);
    else groups.set(change.flag, [change]);
  }
  return groups;
}
