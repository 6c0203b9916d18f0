import type { Problem } from "../../schema/problem/problem.ts";
import { PushDeclinedError } from "../remote/declined.ts";
import { RemoteRewoundError } from "../remote/remote.ts";
import { WriteUnavailableError } from "../remote/unavailable.ts";

/** The state of the remote, the clone and the queue. */
export interface StoreHealth {
  /** When the remote answered last, in milliseconds since 1970; 0 before the first time. */
  readonly syncedAtMs: number;
  /** Why the remote or the clone could not be used the last time; missing if it could. */
  readonly unreachable?: string | undefined;
  /** Why nothing is written until a person has acted. */
  readonly stopped?: string | undefined;
  /** Why the remote declined the last push; missing if it accepted it. */
  readonly declined?: string | undefined;
  /** Which removals are not served, and why; missing if there are none. */
  readonly heldBack?: string | undefined;
  /** Errors in the head of the branch. An older snapshot is served meanwhile. */
  readonly problems: readonly Problem[];
  /** How many writes wait. */
  readonly queued: number;
}

/** The part that `BranchSync` records. */
export type SyncStatus = Omit<StoreHealth, "queued">;

/** The status after a fetch. */
export function syncSucceeded({ problems, declined, heldBack }: SyncStatus): SyncStatus {
  return { syncedAtMs: Date.now(), problems, declined, heldBack };
}

/** The status after a failure. */
export function syncFailed(status: SyncStatus, error: unknown): SyncStatus {
  // This error is for the client; the remote and the clone may work.
  if (error instanceof WriteUnavailableError) return status;
  const { message } = error as Error;
  if (error instanceof PushDeclinedError) return { ...status, declined: message };
  if (error instanceof RemoteRewoundError)
    return { ...status, syncedAtMs: Date.now(), unreachable: undefined, stopped: message };
  return { ...status, unreachable: message };
}
