import type { Project } from "../project/project.ts";
import type { Audience } from "./audience.ts";
import type { Flag } from "./flag.ts";

/** All flags at one commit, with what git knows about them. */
export interface Snapshot {
  /** Full id. */
  readonly commit: string;
  /** Committer time of `commit`. */
  readonly committed_at: Timestamp;
  /** Committer time of the last commit that touched `flags/` or `bunting.yaml`. */
  readonly updated_at: Timestamp;
  /** By name. */
  readonly flags: readonly TimedFlag[];
  /** By name. */
  readonly audiences: readonly Audience[];
  readonly project: Project;
}

export interface TimedFlag extends Flag {
  /** The file, from the top of the repository. */
  readonly file: string;
  /** Id of the blob that is the file's content. */
  readonly object: string;
  /** Committer time of the commit that put the file on the branch. */
  readonly created_at: Timestamp;
  /** Committer time of the last commit that changed its content. */
  readonly updated_at: Timestamp;
}

/** UTC, to the second: `2024-08-31T12:00:00Z`. */
export type Timestamp = string;

/** Seconds since 1970, as git keeps them, as a timestamp. */
export function timestamp(seconds: number): Timestamp {
  return `${new Date(seconds * 1000).toISOString().slice(0, -5)}Z`;
}

/** The other way round. */
export function secondsOf(timestamp: Timestamp): number {
  return Date.parse(timestamp) / 1000;
}
