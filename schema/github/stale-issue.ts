/** A stale flag as an issue, or as the pull request that removes it. */
import { createHash } from "node:crypto";
import type { StaleFlag } from "../overview/stale.ts";
import { describeDecision } from "../plan-text/describe-decision.ts";
import { pluralize } from "../text/show.ts";
import { block, fitLines, inline } from "./markdown.ts";

/** Lines in source trees that name a flag. */
export interface CodeReferences {
  /** `file:line`, sorted, at most a few dozen. */
  readonly shown: readonly string[];
  readonly all: number;
}

/** What the body of our issue or pull request says about its flag. */
export interface StaleMarker {
  readonly name: string;
  readonly fingerprint: string;
}

export function staleMarker(name: string): string {
  return `<!-- bunting:stale ${name} -->`;
}

/**
 * Changes if the flag changes, or why or since when it is stale: then it may be reported again. The
 * day distinguishes a flag that was toggled twice from one that nobody changed.
 */
export function fingerprint({ flag, kind, since }: StaleFlag): string {
  // Issues hold this hash, so its words must not change: `unchanged` was called `settled`.
  const why = kind === "unchanged" ? "settled" : kind;
  return createHash("sha256").update(`${flag.object} ${why} ${since}`).digest("hex").slice(0, 12);
}

export function readMarker(body: string): StaleMarker | undefined {
  const match = /^<!-- bunting:stale ([A-Za-z0-9_-]{1,128}) -->\n<!-- seen ([0-9a-f]{12}) -->/.exec(
    body,
  );
  return match ? { name: match[1] ?? "", fingerprint: match[2] ?? "" } : undefined;
}

export function titleIssue({ flag }: StaleFlag): string {
  return `Remove the flag ${flag.name}`;
}

/** `references` is `undefined` if no code was searched. */
export function formatStaleIssue(stale: StaleFlag, references: CodeReferences | undefined): string {
  const code =
    references === undefined
      ? ["No source trees were searched: search for its name in the code that uses flags."]
      : listReferences(references);
  const parts = [
    ...introduce(stale),
    ...code,
    `Remove it from the code first, then delete \`${stale.flag.file}\`. If it is to stay, agree on a day (\`expires\`) or close this as not planned: it is not opened again until the flag changes.`,
  ];
  return `${parts.join("\n\n")}\n`;
}

/** `issue` is the number of the issue that asked to remove the code first, if there was one. */
export function formatRemoval(stale: StaleFlag, issue: number | undefined): string {
  const parts = [
    ...introduce(stale),
    "No code in the source trees uses it any more. After the merge, clients that still use it get `false`.",
    "If it is to stay, close this: it is not opened again until the flag changes.",
    ...(issue === undefined ? [] : [`Closes #${issue}.`]),
  ];
  return `${parts.join("\n\n")}\n`;
}

export function formatRemovalMessage({ flag, reason }: StaleFlag): string {
  return `Remove ${flag.name}\n\n${reason}.`;
}

function introduce(stale: StaleFlag): string[] {
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

function listReferences({ shown, all }: CodeReferences): string[] {
  if (all === 0) return ["No code in the source trees uses it any more."];
  const lines = fitLines(shown, 20_000, (left) => `… and ${left} more`);
  const rest =
    all > shown.length && lines.length === shown.length ? [`… and ${all - shown.length} more`] : [];
  return [`The code still uses it in ${pluralize(all, "place")}:`, block([...lines, ...rest])];
}
