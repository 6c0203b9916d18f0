/** A stale flag as an issue, or as the pull request that removes it. */
import { createHash } from "node:crypto";
import { describeDecision } from "../plan/reach.ts";
import type { StaleFlag } from "../plan/stale.ts";
import { block, inline, whatFits } from "./markdown.ts";

/** Where a source tree still names a flag. */
export interface Places {
  /** `file:line`, sorted, at most a few dozen. */
  readonly shown: readonly string[];
  readonly all: number;
}

/** What an issue or a pull request of ours is about, as its body says. */
export interface Seen {
  readonly name: string;
  readonly fingerprint: string;
}

export function staleMarker(name: string): string {
  return `<!-- bunting:stale ${name} -->`;
}

/**
 * Changes with what the flag says, and with why and since when it is stale: then it may be brought
 * up again. The day tells a flag that was turned, and back, from one that was left alone.
 */
export function fingerprint({ flag, kind, since }: StaleFlag): string {
  return createHash("sha256").update(`${flag.object} ${kind} ${since}`).digest("hex").slice(0, 12);
}

export function readMarker(body: string): Seen | undefined {
  const match = /^<!-- bunting:stale ([A-Za-z0-9_-]{1,128}) -->\n<!-- seen ([0-9a-f]{12}) -->/.exec(
    body,
  );
  return match ? { name: match[1] ?? "", fingerprint: match[2] ?? "" } : undefined;
}

export function titleIssue({ flag }: StaleFlag): string {
  return `Remove the flag ${flag.name}`;
}

/** `places` is missing where nobody said which code uses flags. */
export function formatStaleIssue(stale: StaleFlag, places: Places | undefined): string {
  const code =
    places === undefined
      ? ["No source trees were searched: look for its name in the code that uses flags."]
      : listPlaces(places);
  const parts = [
    ...describe(stale),
    ...code,
    `Take it out of the code first, then delete \`${stale.flag.file}\`. If it is to stay, agree on a day (\`expires\`) or close this as not planned: it does not come again until the flag changes.`,
  ];
  return `${parts.join("\n\n")}\n`;
}

/** `issue` is the one that asked for the code to go first, if there was one. */
export function formatRemoval(stale: StaleFlag, issue: number | undefined): string {
  const parts = [
    ...describe(stale),
    "No code in the source trees names it any more. After the merge, whoever still asks for it gets off.",
    "If it is to stay, close this: it does not come again until the flag changes.",
    ...(issue === undefined ? [] : [`Closes #${issue}.`]),
  ];
  return `${parts.join("\n\n")}\n`;
}

export function formatRemovalMessage({ flag, reason }: StaleFlag): string {
  return `Remove ${flag.name}\n\n${reason}.`;
}

function describe(stale: StaleFlag): string[] {
  const { flag, reason } = stale;
  const { name, owner, type, description, file } = flag;
  const states = Object.entries(flag.decisions).map(
    ([environment, decision]) => `${environment} ${describeDecision(decision)}`,
  );
  const rows = [
    `- owner: ${owner === "" ? "nobody" : `\`${owner}\``}`,
    `- type: ${type}`,
    `- now: ${states.join(", ")}`,
    `- file: \`${file}\``,
    `- description: ${inline(description)}`,
  ];
  const markers = `${staleMarker(name)}\n<!-- seen ${fingerprint(stale)} -->`;
  return [markers, `\`${name}\` is stale. **${reason}.**`, rows.join("\n")];
}

function listPlaces({ shown, all }: Places): string[] {
  if (all === 0) return ["No code in the source trees names it any more."];
  const lines = whatFits(shown, 20_000, (left) => `… and ${left} more`);
  const rest =
    all > shown.length && lines.length === shown.length ? [`… and ${all - shown.length} more`] : [];
  return [
    `The code still names it in ${all} place${all === 1 ? "" : "s"}:`,
    block([...lines, ...rest]),
  ];
}
