/** Who changed a flag, when, and what: as the branch tells it. */
import { isFlagFile } from "../../schema/flag/kind.ts";
import { timestamp } from "../../schema/flag/snapshot.ts";
import { type FileChange, type LogCommit, readLog } from "../git/log.ts";
import type { IndexedCommit } from "./change-index.ts";
import {
  attributionOf,
  type CommitAttribution,
  readProposals,
  type VerifyCommit,
} from "./commit-attribution.ts";
import { maxChangesPerCommit } from "./first-parent-log.ts";
import { type FlagState, FlagStates, type PastFile } from "./flag-states.ts";
import { readChanges } from "./tree-changes.ts";

/** A merge of what the API proposed has the attribution of the proposal. */
export interface FlagChange extends CommitAttribution {
  readonly kind: "created" | "updated" | "deleted";
  readonly commit: string;
  readonly changed_at: string;
  /** `null` if there was no flag, or none that could be read. */
  readonly before: FlagState | null;
  readonly after: FlagState | null;
}

/** What the commits changed on the flag `name`, in their order, as `environment` saw it. */
export async function readFlagChanges(
  directory: string,
  indexed: readonly IndexedCommit[],
  name: string,
  environment: string,
  verify: VerifyCommit,
): Promise<FlagChange[]> {
  if (indexed.length === 0) return [];
  const commits = await readCommits(directory, indexed, name, verify);
  const files = commits.flatMap(({ before, after }) => [before, after]);
  const states = await FlagStates.read(directory, files, name, environment);
  const merged = commits.flatMap(({ merged }) => merged ?? []);
  const proposals = await readProposals(directory, merged, name, verify);
  return commits.map(({ before, after, merged, attribution, changed_at }) => ({
    kind: before.object === "" ? "created" : after.object === "" ? "deleted" : "updated",
    commit: after.commit,
    changed_at,
    ...(proposals.get(merged ?? "") ?? attribution),
    before: states.at(before),
    after: states.at(after),
  }));
}

interface ReadCommit {
  readonly changed_at: string;
  readonly attribution: CommitAttribution;
  /** The parent that was merged into the branch. */
  readonly merged: string | undefined;
  readonly before: PastFile;
  readonly after: PastFile;
}

async function readCommits(
  directory: string,
  indexed: readonly IndexedCommit[],
  name: string,
  verify: VerifyCommit,
): Promise<ReadCommit[]> {
  const found = new Map<string, LogCommit>();
  const given = (isUsual: boolean) => ({
    from: indexed
      .filter(({ comparedWith }) => (comparedWith === undefined) === isUsual)
      .map(({ commit }) => commit),
    walk: "given" as const,
  });
  const path = `:(glob)flags/**/${name.replaceAll(/[*?[\\]/g, "\\$&")}.yaml`;
  const usual = { ...given(true), path, maxChanges: maxChangesPerCommit };
  for await (const commit of readLog(directory, usual)) found.set(commit.id, commit);
  for await (const commit of readLog(directory, given(false))) found.set(commit.id, commit);
  return Promise.all(
    indexed.map(async ({ commit: id, time, comparedWith }) => {
      const commit = found.get(id);
      if (!commit) throw new Error(`Cannot read commit ${id}: git does not know it`);
      const changes =
        comparedWith === undefined
          ? commit.changes
          : await readChanges(directory, comparedWith, id, maxChangesPerCommit);
      const own = { ...commit, changes: ofFlag(changes ?? [], name) };
      return readCommit(own, time, comparedWith, verify);
    }),
  );
}

function readCommit(
  commit: LogCommit,
  time: number,
  comparedWith: string | undefined,
  verify: VerifyCommit,
): ReadCommit {
  const { changes } = commit;
  const earlier = comparedWith ?? commit.parents[0] ?? "";
  return {
    changed_at: timestamp(time),
    attribution: attributionOf(commit, verify),
    merged: commit.parents.find((parent) => parent !== earlier),
    // A move is two changes: the old file goes, the new one comes.
    before: { commit: earlier, object: changes.find(({ before }) => before)?.before ?? "" },
    after: { commit: commit.id, object: changes.find(({ object }) => object)?.object ?? "" },
  };
}

function ofFlag(changes: readonly FileChange[], name: string): FileChange[] {
  return changes.filter(({ file }) => isFlagFile(file) && file.endsWith(`/${name}.yaml`));
}
