/** Changes of flags, with actor and time, from the history of the branch. */
import type { Flag } from "../../schema/flag/flag.ts";
import { timestamp } from "../../schema/flag/snapshot.ts";
import { testsFileOf } from "../../schema/flag/tests.ts";
import { type LogCommit, readLog } from "../git/log.ts";
import type { IndexedChange } from "./change-index.ts";
import {
  attributionOf,
  type CommitAttribution,
  readProposals,
  type VerifyCommit,
} from "./commit-attribution.ts";
import { maxChangesPerCommit } from "./first-parent-log.ts";
import { groupBy } from "./group-by.ts";
import { changesByFlag } from "./history.ts";
import { type PastFile, PastFlags } from "./past-flags.ts";
import { readChanges } from "./tree-changes.ts";

/** The merge of a proposal has the attribution of the proposal. */
export interface FlagChange extends CommitAttribution {
  readonly flag: string;
  /** See `IndexedChange`. */
  readonly number: number;
  readonly kind: "created" | "updated" | "deleted";
  readonly commit: string;
  readonly changed_at: string;
  /** `undefined` if there was no flag, or none that could be read. */
  readonly before: Flag | undefined;
  readonly after: Flag | undefined;
}

/**
 * The changes in `indexed`, in their order, without those that are not wanted. Files are read only of
 * wanted changes.
 */
export async function readFlagChanges(
  directory: string,
  indexed: readonly IndexedChange[],
  verify: VerifyCommit,
  isWanted: (attribution: CommitAttribution) => boolean = () => true,
): Promise<FlagChange[]> {
  if (indexed.length === 0) return [];
  const read = await readFileChanges(directory, indexed, verify);
  const merged = read.flatMap((change) => change.merged ?? []);
  const proposals = await readProposals(directory, merged, verify);
  const changes = read
    .map(({ attribution, ...change }) => ({
      ...change,
      attribution: proposals.get(`${change.merged} ${change.flag}`) ?? attribution,
    }))
    .filter(({ attribution }) => isWanted(attribution));
  const files = changes.flatMap(({ before, after }) => [before, after]);
  const flags = await PastFlags.read(directory, files);
  return changes.map(({ flag, number, before, after, attribution, changed_at }) => ({
    flag,
    number,
    kind: before.object === "" ? "created" : after.object === "" ? "deleted" : "updated",
    commit: after.commit,
    changed_at,
    ...attribution,
    before: flags.at(before),
    after: flags.at(after),
  }));
}

interface ReadChange {
  readonly flag: string;
  readonly number: number;
  readonly changed_at: string;
  readonly attribution: CommitAttribution;
  /** The parent that was merged into the branch. */
  readonly merged: string | undefined;
  readonly before: PastFile;
  readonly after: PastFile;
}

async function readFileChanges(
  directory: string,
  indexed: readonly IndexedChange[],
  verify: VerifyCommit,
): Promise<ReadChange[]> {
  const wanted = groupBy(indexed, ({ commit }) => commit);
  const read = new Map<string, ReadChange>();
  const keep = (commit: LogCommit) => {
    const byFlag = changesByFlag(commit.changes);
    const byFile = new Map(commit.changes.map((change) => [change.file, change]));
    for (const one of wanted.get(commit.id) ?? []) {
      const changes = byFlag.get(one.flag);
      if (!changes) continue;
      // The signature of a deletion covers the flag's tests as well.
      const tests = byFile.get(testsFileOf(one.flag)) ?? [];
      const attribution = attributionOf({ ...commit, changes: changes.concat(tests) }, verify);
      read.set(keyOf(one), readChange({ ...commit, changes }, one, attribution));
    }
  };
  const idsOf = (isUsual: boolean) => [
    ...new Set(
      indexed
        .filter(({ comparedWith }) => (comparedWith === undefined) === isUsual)
        .map(({ commit }) => commit),
    ),
  ];
  const usual = { from: idsOf(true), path: ":(top)flags/", maxChanges: maxChangesPerCommit };
  for await (const commit of readLog(directory, { ...usual, walk: "given" })) keep(commit);
  for await (const commit of readLog(directory, { from: idsOf(false), walk: "given" })) {
    const [{ comparedWith = "" } = {}] = wanted.get(commit.id) ?? [];
    const changes = await readChanges(directory, comparedWith, commit.id, maxChangesPerCommit);
    keep({ ...commit, changes: changes ?? [] });
  }
  return indexed.map((one) => {
    const change = read.get(keyOf(one));
    if (!change) throw new Error(`Cannot read what commit ${one.commit} changed on "${one.flag}"`);
    return change;
  });
}

function readChange(
  commit: LogCommit,
  { flag, number, time, comparedWith }: IndexedChange,
  attribution: CommitAttribution,
): ReadChange {
  const { changes } = commit;
  const earlier = comparedWith ?? commit.parents[0] ?? "";
  // A move is two changes: the old file is deleted, the new one is added.
  const before = changes.find((change) => change.before)?.before ?? "";
  const after = changes.find((change) => change.object)?.object ?? "";
  return {
    flag,
    number,
    changed_at: timestamp(time),
    attribution,
    merged: commit.parents.find((parent) => parent !== earlier),
    before: { name: flag, commit: earlier, object: before },
    after: { name: flag, commit: commit.id, object: after },
  };
}

function keyOf({ commit, flag }: IndexedChange): string {
  return `${commit} ${flag}`;
}
