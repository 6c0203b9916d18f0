import type { Problem } from "../../schema/problem/problem.ts";
import { RemoteRewoundError } from "../git/remote-branch.ts";
import { WriteUnavailableError } from "../git/unavailable.ts";

/** What keeps a store from being as good as new. */
export interface StoreHealth {
  /** Milliseconds since 1970 of the last time that the remote answered; 0 before the first. */
  readonly syncedAtMs: number;
  /** Why the remote, or the clone of it, could not be used the last time; missing where it could. */
  readonly unreachable?: string | undefined;
  /** Why nothing is written until a person has looked. */
  readonly stopped?: string | undefined;
  /** What is wrong with the head of the branch; the snapshot served is older then. */
  readonly problems: readonly Problem[];
  /** How many writes wait. */
  readonly queued: number;
}

/** The part of it that is known from following the branch. */
export type SyncStatus = Omit<StoreHealth, "queued">;

/** After a fetch that brought what was asked for. */
export function syncSucceeded({ problems }: SyncStatus): SyncStatus {
  return { syncedAtMs: Date.now(), problems };
}

/** After something went wrong, as whoever asks for the condition is to see it. */
export function syncFailed(standing: SyncStatus, error: unknown): SyncStatus {
  // Said to whoever wrote; the remote and the clone may be well.
  if (error instanceof WriteUnavailableError) return standing;
  const { syncedAtMs, stopped, problems } = standing;
  const { message } = error as Error;
  return error instanceof RemoteRewoundError
    ? { syncedAtMs: Date.now(), stopped: message, problems }
    : { syncedAtMs, unreachable: message, stopped, problems };
}
