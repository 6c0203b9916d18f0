import type { Snapshot } from "../../schema/flag/snapshot.ts";
import { shortId } from "../../schema/text/show.ts";
import { findFlagCommits } from "../../store/commit/revisions.ts";
import type { Repository } from "../../store/snapshot/repository.ts";
import { readCommit } from "./read-snapshot.ts";

/** The flags with which a change is compared. */
export interface Base {
  readonly snapshot: Snapshot;
  /** If the commit from which the change starts is invalid: a sentence that says what it is compared with. */
  readonly note: string | undefined;
}

/** How many earlier states of the flags are tried if a commit is invalid. */
const maxCommits = 20;

/**
 * The flags that clients receive at `commit`, from which the change up to `head` starts. If it is
 * invalid, clients still receive those of the last valid commit before it; without one, nothing.
 */
export async function readBase(
  repository: Repository,
  commit: string,
  head: Snapshot,
  today?: string,
): Promise<Base> {
  const { snapshot } = await readCommit(repository, commit, today);
  if (snapshot) return { snapshot, note: undefined };
  const start = `The change starts from ${shortId(commit)}, which is invalid.`;
  // The flags at the newest of them are those at `commit`.
  const [, ...earlier] = await findFlagCommits(repository.directory, commit, maxCommits + 1);
  for (const one of earlier) {
    const { snapshot } = await readCommit(repository, one, today);
    const compared = `${shortId(one)}, the last valid commit before it, which clients still receive`;
    if (snapshot) return { snapshot, note: `${start} This plan compares with ${compared}.` };
  }
  return {
    snapshot: { ...head, commit, flags: [], audiences: [] },
    note: `${start} No valid commit was found before it, so all flags are shown as new.`,
  };
}
