/** The issue for the review of an emergency change. */
import type { EmergencyChange } from "../change/emergency-change.ts";
import { quote } from "./proposal-text.ts";

/** Identifies the issue: a comment in its body that is not displayed. */
export function markerOf({ commit }: Pick<EmergencyChange, "commit">): string {
  return `<!-- bunting:break-glass ${commit} -->`;
}

/** The title and body of the issue. */
export function describeReview(change: EmergencyChange): { title: string; body: string } {
  const { commit, flag, environments, requester } = change;
  const where = environments.join(", ");
  const body = [
    `\`${flag}\` was disabled in ${where} by break glass, without the required review. Commit: ${commit}\n`,
    quote(requester),
    "Please review it now: was it right, and is the problem fixed? Then close this issue.\n",
    markerOf(change),
  ].join("\n");
  return { title: `Review: ${flag} was disabled in ${where} by break glass`, body };
}
