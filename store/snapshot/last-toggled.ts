import type { Flag } from "../../schema/flag/flag.ts";
import type { Timestamp } from "../../schema/flag/snapshot.ts";
import type { Repository } from "./repository.ts";

const pageSize = 50;

/**
 * Since when a flag is on and off where it is at `head`. Edits of its texts do not count, nor does a
 * move between folders.
 */
export async function lastToggledAt(
  repository: Repository,
  head: string,
  { name, decisions }: Pick<Flag, "name" | "decisions">,
): Promise<Timestamp> {
  const times = Object.keys(decisions).map((one) => lastToggledIn(repository, head, name, one));
  return (await Promise.all(times)).sort().at(-1) ?? "";
}

async function lastToggledIn(
  repository: Repository,
  head: string,
  name: string,
  environment: string,
): Promise<Timestamp> {
  let last = "";
  for (let skip = 0; ; skip += pageSize) {
    const page = { limit: pageSize, skip };
    const changes = await repository.changesOf(head, name, environment, page);
    const turn = changes.find(({ before, after }) => before?.enabled !== after?.enabled);
    last = turn?.changed_at ?? changes.at(-1)?.changed_at ?? last;
    if (turn || changes.length < pageSize) return last;
  }
}
