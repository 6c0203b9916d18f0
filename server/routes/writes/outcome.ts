import type { ProposedChange } from "../../../store/reviews/proposed-change.ts";
import type { WriteResult } from "../../../store/writes/write.ts";

/** What became of a write: what the store says, or the pull request that it waits in. */
export type Outcome = WriteResult | Proposed;

export interface Proposed {
  readonly status: "proposed";
  readonly change: ProposedChange;
}

/** Of a write that was not refused. */
export type Granted = Extract<WriteResult, { commit: string }> | Proposed;
