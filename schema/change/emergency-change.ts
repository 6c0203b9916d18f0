/** Disabling a flag in a protected environment without a review: what it takes, and the review that comes after. */
import { oneLine } from "./commit-message.ts";
import { type Asked, quote } from "./proposal.ts";

/** The trailer of a commit that did it; its value names the protected environments. */
export const trailer = "Break-Glass";

/** The label of the issues in which such commits are reviewed. */
export const reviewLabel = "break-glass";

/** How many characters a reason has at least. */
export const shortestReason = 10;

export function isReason(text: string): boolean {
  return [...oneLine(text, 500)].length >= shortestReason;
}

/** A commit that disabled a flag in protected environments. */
export interface Broken {
  readonly commit: string;
  readonly flag: string;
  readonly environments: readonly string[];
  readonly asked: Asked;
}

/** What the issue is found again by: it stands in its text, unseen. */
export function markerOf({ commit }: Pick<Broken, "commit">): string {
  return `<!-- bunting:break-glass ${commit} -->`;
}

/** The issue that asks for the review. */
export function describeReview(broken: Broken): { title: string; body: string } {
  const { commit, flag, environments, asked } = broken;
  const where = environments.join(", ");
  const body = [
    `\`${flag}\` was disabled in ${where} by break glass, without the review that the policy asks for. Commit: ${commit}\n`,
    quote(asked),
    "Look at it afterwards: was it right, and is what it stopped mended? Then close this issue.\n",
    markerOf(broken),
  ].join("\n");
  return { title: `Review: ${flag} was disabled in ${where} by break glass`, body };
}
