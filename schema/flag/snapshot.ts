import type { Project } from "../project/project.ts";
import { positionIn } from "../text/order.ts";
import type { Audience } from "./audience.ts";
import type { Flag } from "./flag.ts";

/** All flags at one commit, with their timestamps in git. */
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

/**
 * The position of a flag among flags that are sorted by name; where it belongs if it is not there,
 * which the caller checks by the name at that position.
 */
export function positionOf(flags: readonly TimedFlag[], name: string): number {
  return positionIn(flags, name, (flag) => flag.name);
}

/** The flag with a name among flags that are sorted by name. */
export function findFlag(flags: readonly TimedFlag[], name: string): TimedFlag | undefined {
  const flag = flags[positionOf(flags, name)];
  return flag?.name === name ? flag : undefined;
}

/** UTC, to the second: `2024-08-31T12:00:00Z`. */
export type Timestamp = string;

/** Seconds since 1970, as git keeps them, as a timestamp. */
export function timestamp(seconds: number): Timestamp {
  return `${new Date(seconds * 1000).toISOString().slice(0, -5)}Z`;
}

/** A timestamp as seconds since 1970. */
export function secondsOf(timestamp: Timestamp): number {
  return Date.parse(timestamp) / 1000;
}
