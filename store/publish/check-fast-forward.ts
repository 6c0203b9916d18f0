/** Whether a commit may replace what a target serves. Publishing only moves forward. */
import type { Manifest } from "../../schema/compile/manifest.ts";
import type { Snapshot } from "../../schema/flag/snapshot.ts";
import { shortId } from "../../schema/text/show.ts";
import type { Repository } from "../snapshot/repository.ts";

/** What was published last. */
export type PublishedRevision = Pick<Manifest, "commit" | "rollback" | "waiting">;

/** Why a commit may not be published. */
export interface Refusal {
  readonly reason: string;
  /** The option that permits it. */
  readonly option: "rollback" | "allow";
}

/** Why `snapshot` may not replace `served`; `undefined` if it may. */
export async function checkFastForward(
  repository: Repository,
  served: PublishedRevision,
  snapshot: Snapshot,
): Promise<Refusal | undefined> {
  const { commit } = snapshot;
  const { rollback } = served;
  if (served.commit === commit) return undefined;
  const newest = newestOf(served);
  const relation = await repository.relate(newest, commit);
  if (relation === "older") return findUndone(repository, served, snapshot);

  const serves = rollback
    ? `it was rolled back from ${shortId(newest)} to ${shortId(served.commit)} ("${rollback.reason}")`
    : `it serves commit ${shortId(newest)}`;
  const than = {
    same: `and ${shortId(commit)} would undo that`,
    newer: `which is newer than ${shortId(commit)}`,
    unrelated: `which is no ancestor of ${shortId(commit)}`,
    unknown: "which this clone does not know; fetch first",
  }[relation];
  return { reason: `${serves}, ${than}`, option: relation === "same" ? "allow" : "rollback" };
}

/** The newest commit that was served, including one that was rolled back. */
export function newestOf({ commit, rollback }: PublishedRevision): string {
  return rollback?.from ?? commit;
}

/** A rollback stays in force until git has the same flags: rolled-back changes must not be published again by accident. */
async function findUndone(
  repository: Repository,
  served: PublishedRevision,
  snapshot: Snapshot,
): Promise<Refusal | undefined> {
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
  const back = `${shortId(snapshot.commit)} would bring back ${what}`;
  return {
    reason: `it was rolled back from ${shortId(from)} ("${reason}"), and ${back}`,
    option: "allow",
  };
}

/**
 * The same check for a target whose commit is unknown. Then its times decide: a commit's
 * `updated_at` is never before that of an earlier one on the branch. `isSame`: the flags are equal.
 */
export function checkAge(
  updatedAt: string,
  { commit, updated_at }: Snapshot,
  isSame: boolean,
): Refusal | undefined {
  if (updatedAt < updated_at || (updatedAt === updated_at && isSame)) return undefined;
  const when = updatedAt === updated_at ? "at the same time as" : "after";
  const reason = `its manifest cannot be read, and its flags were updated ${when} those of ${shortId(commit)} (${updatedAt})`;
  return { reason, option: "rollback" };
}

async function states(
  repository: Repository,
  commit: string,
): Promise<Map<string, string> | undefined> {
  // A commit that this clone lacks is treated like an invalid one.
  const { snapshot } = await repository.read(commit, "").catch(() => ({ snapshot: undefined }));
  return snapshot && statesOf(snapshot);
}

/** The decisions of each flag in all environments, as text to compare. */
function statesOf({ flags }: Snapshot): Map<string, string> {
  return new Map(flags.map(({ name, decisions }) => [name, JSON.stringify(decisions)]));
}
