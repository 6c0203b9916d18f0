import type { ProposedChange } from "../../store/reviews/proposed-change.ts";
import type { WriteResult } from "../../store/writes/write.ts";

/** The outcome of a write: the store's result, or the pull request for its review. */
export type WriteOutcome =
  | WriteResult
  | { readonly status: "proposed"; readonly change: ProposedChange };

/** The result of a write that is on the remote. */
export type Committed = Extract<WriteResult, { commit: string }>;
