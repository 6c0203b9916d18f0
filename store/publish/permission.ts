/** Whether a commit may take the place of what a target serves. Publishing goes forward only. */
import type { Manifest } from "../../schema/compile/manifest.ts";
import type { Snapshot } from "../../schema/flag/snapshot.ts";
import type { Repository } from "../snapshot/repository.ts";

/** What a target serves, as the publishers before left word. */
export type Holder = Pick<Manifest, "commit" | "rollback">;

export interface Obstacle {
  readonly reason: string;
  /** The option that gets past it. */
  readonly way: "rollback" | "allow";
}

/** Why `snapshot` must not be published over `served`; nothing where it may. */
export async function findObstacle(
  repository: Repository,
  served: Holder,
  snapshot: Snapshot,
): Promise<Obstacle | undefined> {
  const { commit } = snapshot;
  const { rollback } = served;
  if (served.commit === commit) return undefined;
  const newest = newestOf(served);
  const relation = await repository.relate(newest, commit);
  if (relation === "older") return findUndone(repository, served, snapshot);

  const serves = rollback
    ? `it was rolled back from ${short(newest)} to ${short(served.commit)} ("${rollback.reason}")`
    : `it serves commit ${short(newest)}`;
  const than = {
    same: `and ${short(commit)} would undo that`,
    newer: `which is newer than ${short(commit)}`,
    unrelated: `which is no ancestor of ${short(commit)}`,
    unknown: "which this clone does not know; fetch first",
  }[relation];
  return { reason: `${serves}, ${than}`, way: relation === "same" ? "allow" : "rollback" };
}

/** The newest commit that was ever served: what a rollback took the place of counts. */
export function newestOf({ commit, rollback }: Holder): string {
  return rollback?.from ?? commit;
}

/** A rollback stays in force until git says the same: what it turned back must not come back unasked. */
async function findUndone(
  repository: Repository,
  served: Holder,
  snapshot: Snapshot,
): Promise<Obstacle | undefined> {
  if (!served.rollback) return undefined;
  const { from, reason } = served.rollback;
  const [bad, good] = await Promise.all(
    [from, served.commit].map((commit) => states(repository, commit)),
  );
  const now = statesOf(snapshot);
  const names = [...new Set([...(bad?.keys() ?? []), ...(good?.keys() ?? [])])];
  const undone = names.filter(
    (name) => bad?.get(name) !== good?.get(name) && now.get(name) === bad?.get(name),
  );
  if (bad && good && undone.length === 0) return undefined;
  const what = undone.length === 0 ? "what it turned back" : undone.sort().slice(0, 5).join(", ");
  const back = `${short(snapshot.commit)} would bring back ${what}`;
  return {
    reason: `it was rolled back from ${short(from)} ("${reason}"), and ${back}`,
    way: "allow",
  };
}

async function states(
  repository: Repository,
  commit: string,
): Promise<Map<string, string> | undefined> {
  // A clone may lack it, which says as little as one that cannot be read.
  const { snapshot } = await repository.read(commit, "").catch(() => ({ snapshot: undefined }));
  return snapshot && statesOf(snapshot);
}

/** For each flag its states in all environments, as text to compare. */
function statesOf({ flags }: Snapshot): Map<string, string> {
  return new Map(flags.map(({ name, enabled }) => [name, JSON.stringify(enabled)]));
}

export function short(commit: string): string {
  return commit.slice(0, 7);
}
