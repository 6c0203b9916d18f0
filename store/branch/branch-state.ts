/** A server's state of its branch. */
import type { Release } from "../../schema/compile/release.ts";
import type { Snapshot, Timestamp } from "../../schema/flag/snapshot.ts";
import type { Page } from "../history/change-index.ts";
import type { ChangePage, ChangeQuery } from "../history/change-query.ts";
import type { FlagChange } from "../history/flag-changes.ts";
import type { ServedRelease } from "./held-removals.ts";
import type { Listeners } from "./listeners.ts";
import type { GitMeasurement } from "./measure-git.ts";
import type { SyncStatus } from "./store-health.ts";

/** The newest valid commit, and the served release. */
export interface CurrentRelease {
  readonly snapshot: Snapshot;
  readonly release: Release;
  /** Differs from `release` if removals are held back. */
  readonly served: ServedRelease;
}

/** The history up to the head of the branch. */
export interface BranchHistory {
  /** The changes of a flag, the newest first. */
  changesOf(name: string, page: Page): Promise<FlagChange[]>;
  /** The changes of all flags, the newest first. */
  queryChanges(query: ChangeQuery): Promise<ChangePage>;
  /** Since when flags are decided as they are at a commit, by name. */
  lastToggled(commit: string, names: readonly string[]): Promise<Map<string, Timestamp>>;
}

/** The state of the branch. It may be read at any time. */
export interface BranchState extends BranchHistory {
  /** The newest commit of the branch, valid or not; `""` before the first. */
  readonly head: string;
  /** Missing as long as no commit of the branch was valid. */
  readonly current: CurrentRelease | undefined;
  readonly status: SyncStatus;
  /** Reads any commit of the clone. */
  snapshotAt(commit: string): Promise<Snapshot | undefined>;
  /** Emits each new release, once it is served. */
  readonly onChange: Listeners<[CurrentRelease]>;
  /** Emits the duration of each git operation. */
  readonly onGit: Listeners<GitMeasurement>;
}
