/** Disabling a flag in a protected environment without a review: the requirements, and the later review. */
import { oneLine } from "./commit-message.ts";
import type { Requester } from "./proposal.ts";

/** The trailer of such a commit; its value names the protected environments. */
export const emergencyTrailer = "Break-Glass";

/** The label of the issues in which such commits are reviewed. */
export const reviewLabel = "break-glass";

/** Minimum length of a reason, in characters. */
export const minReasonLength = 10;

export function isReason(text: string): boolean {
  return [...oneLine(text, 500)].length >= minReasonLength;
}

/** A commit that disabled a flag in protected environments. */
export interface EmergencyChange {
  readonly commit: string;
  readonly flag: string;
  readonly environments: readonly string[];
  readonly requester: Requester;
}
