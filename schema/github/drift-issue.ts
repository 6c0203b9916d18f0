/** The texts of the issue about drift: what a CDN serves, and what it should serve. */
import type { Rollback } from "../compile/manifest.ts";
import { compareText } from "../text/order.ts";
import { pluralize, shortId } from "../text/show.ts";
import { block, fitLines, inline } from "./markdown.ts";

/** A URL whose answer differs from the commit. */
export interface Difference {
  readonly path: string;
  /** What the CDN answered: `other bytes`, `nothing`, `503`, `no answer`, `a flag that is gone`. */
  readonly found: string;
}

export interface Drift {
  /** The commit that should be served, its full id. */
  readonly commit: string;
  readonly cdn: string;
  /** How many URLs were compared. */
  readonly urls: number;
  readonly differences: readonly Difference[];
  /** How many changes of the commit exceed a limit and are not published yet. */
  readonly waiting: number;
  /** The CDN's manifest; missing if it cannot be read. */
  readonly served?:
    | { readonly commit: string; readonly rollback?: Rollback | undefined }
    | undefined;
}

export const driftMarker = "<!-- bunting:drift -->";
export const driftTitle = "The CDN does not serve what the branch says";

/** The body of the issue. The same drift gives the same text, so that the issue is not updated without need. */
export function formatDrift({ commit, cdn, urls, differences, served }: Drift): string {
  const sorted = [...differences].sort((a, b) => compareText(a.path, b.path));
  const width = Math.max(...sorted.map(({ path }) => path.length));
  const lines = sorted.map(({ path, found }) => `${path.padEnd(width)}  ${found}`);
  const shown = fitLines(lines, 20_000, (left) => `… and ${left} more`);
  const parts = [
    driftMarker,
    `${inline(cdn)} serves ${differences.length} of ${pluralize(urls, "URL")} differently from commit \`${commit}\`.`,
    ...(served ? [describeServed(commit, served)] : []),
    block(shown),
    "The cause can be a failed or refused publication, or a change of the bucket by hand. To repair it:",
    block(["npm run publish -- --to TARGET --verify"], "console"),
    "This issue is kept up to date, and closed when there are no differences.",
  ];
  return `${parts.join("\n\n")}\n`;
}

/** The comment that closes the issue. */
export function formatAgreement({ commit, cdn, urls }: Drift): string {
  return `${inline(cdn)} serves all ${pluralize(urls, "URL")} as in commit \`${commit}\`.`;
}

function describeServed(
  commit: string,
  { commit: served, rollback }: NonNullable<Drift["served"]>,
) {
  if (rollback) {
    const from = shortId(rollback.from);
    return `It was rolled back on purpose, from \`${from}\` to \`${shortId(served)}\`: ${inline(rollback.reason)}. It stays so until the flags in git say the same.`;
  }
  if (served === commit) return "It has that commit, so something was changed or lost since.";
  return `It has commit \`${served}\`.`;
}
