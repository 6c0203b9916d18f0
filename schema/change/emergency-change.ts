/** Disabling a flag in a protected environment without a review: what it takes, and the review that comes after. */
import { oneLine } from "./commit-message.ts";
import type { Requester } from "./proposal.ts";

/** The trailer of a commit that did it; its value names the protected environments. */
export const emergencyTrailer = "Break-Glass";

/** The label of the issues in which such commits are reviewed. */
export const reviewLabel = "break-glass";

/** How many characters a reason has at least. */
export const shortestReason = 10;

export function isReason(text: string): boolean {
  return [...oneLine(text, 500)].length >= shortestReason;
}

/** A commit that disabled a flag in protected environments. */
export interface EmergencyChange {
  readonly commit: string;
  readonly flag: string;
  readonly environments: readonly string[];
  readonly asked: Requester;
}
