/** After a publication: invalidates what a CDN has cached, and waits until clients get the release. */
import { isFetched, isIndex } from "../../schema/compile/urls.ts";
import { pluralize } from "../../schema/text/show.ts";
import { waitUntilLive } from "../../store/cdn/live.ts";
import type { PublishOutcome } from "../../store/publish/publish.ts";
import { note } from "../command/stderr.ts";

/**
 * The paths whose caches are out of date. If the commit was published before, an earlier run may
 * have failed after that, so this run refreshes everything that changes often.
 */
export function pathsToRefresh({ status, publication, compiled }: PublishOutcome): string[] {
  if (status === "unchanged") {
    return compiled.release.responses.map(({ path }) => path).filter(isIndex);
  }
  const { put, remove } = publication;
  return [...put.map(({ path }) => path), ...remove].filter(isFetched);
}

/** Invalidates the paths in a CloudFront distribution. */
export async function invalidatePaths(
  distribution: string,
  { commit, status }: PublishOutcome,
  paths: string[],
) {
  const { invalidate } = await import("../../store/cdn/cloudfront.ts");
  const wanted = status === "unchanged" ? paths.map((path) => `${path}*`) : paths;
  try {
    const sent = await invalidate(distribution, commit, wanted);
    note(`Invalidated ${pluralize(sent.length, "path")} in ${distribution}`);
  } catch (error) {
    const { message } = error as Error;
    const rest = "the release is published; run this again to repeat the invalidation";
    throw new Error(`${message}\n${rest}`, { cause: error });
  }
}

/** The time from which clients get the release. */
export interface LiveRelease {
  readonly url: string;
  /** How long this took. */
  readonly seconds: number;
  /** Since when all of it is live, as ISO 8601; missing if some is not. */
  readonly at?: string;
  /** The paths that are not live yet. */
  readonly pending: readonly string[];
}

/** Waits until the changed URLs below `url` are live. */
export async function waitFor(
  url: string,
  { compiled: { release } }: PublishOutcome,
  paths: readonly string[],
  timeoutMs: number,
): Promise<LiveRelease> {
  const started = Date.now();
  const responses = new Map(release.responses.map((response) => [response.path, response]));
  const expected = paths.map((path) => {
    const response = responses.get(path);
    return response ? { path, response } : { path };
  });
  const pending = await waitUntilLive(url, expected, timeoutMs);
  const now = Date.now();
  const at = pending.length === 0 ? { at: new Date(now).toISOString() } : {};
  return { url, seconds: (now - started) / 1_000, ...at, pending };
}
