import type { ProposedChange } from "../../../store/reviews/proposed-change.ts";
import type { WriteResult } from "../../../store/writes/write.ts";

/** The outcome of a write: the store's result, or the pull request for its review. */
export type WriteOutcome = WriteResult | Proposed;

export interface Proposed {
  readonly status: "proposed";
  readonly change: ProposedChange;
}

/** The outcome of a write that was not refused. */
export type Accepted = Extract<WriteResult, { commit: string }> | Proposed;
