/** `manifest.json`: which commit a directory or bucket holds, and the checksums of its responses. */
import type { Release, Response } from "./release.ts";
import { parsePath } from "./urls.ts";

/** What a release consists of. The bodies are not in it. */
export interface Manifest {
  readonly format: 1;
  readonly commit: string;
  readonly committed_at: string;
  /** Present if the commit replaced a newer one on purpose. */
  readonly rollback?: Rollback;
  /** The reason why a publication over a limit was allowed. */
  readonly allowed?: string;
  /** Changes of the commit that exceed a limit and are not published yet. */
  readonly waiting?: readonly WaitingChange[];
  /** Sorted by path. */
  readonly responses: readonly Omit<Response, "body">[];
}

/** A change that is not published yet: see `schema/plan/limits.ts`. */
export interface WaitingChange {
  readonly flag: string;
  readonly change: "removal" | "switch-on";
  /** The commit whose version of the flag is served meanwhile. */
  readonly served: string;
}

export interface Rollback {
  /** The newest commit that was served before. Its descendants may be published again. */
  readonly from: string;
  readonly reason: string;
}

/** What a publication adds to a release's manifest. */
type ManifestNotes = {
  readonly [Key in "rollback" | "allowed" | "waiting"]?: Manifest[Key] | undefined;
};

/** The path of a release's manifest. */
export const manifestPath = "/manifest.json";

/** The text of `manifest.json`: one line per response, so that a diff of two manifests is readable. */
export function formatManifest(
  { commit, committed_at, responses }: Release,
  { rollback, allowed, waiting = [] }: ManifestNotes = {},
): string {
  const notes = { rollback, allowed, waiting: waiting.length === 0 ? undefined : waiting };
  const head = JSON.stringify({ format: 1, commit, committed_at, ...notes });
  const lines = responses.map(({ path, md5, sha256, length }) =>
    JSON.stringify({ path, md5, sha256, length }),
  );
  const list = lines.length === 0 ? "" : `\n${lines.join(",\n")}\n`;
  return `${head.slice(0, -1)},"responses":[${list}]}\n`;
}

/** Parses and checks a manifest. Returns `undefined` for anything else: other programs have files of this name too. */
export function parseManifest(text: string): Manifest | undefined {
  try {
    const manifest = JSON.parse(text);
    return isManifest(manifest) ? manifest : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Everybody who can write to a target can forge a manifest. So its paths must not lead outside of the
 * target, and its commits must not be options of git.
 */
function isManifest({ format, commit, rollback, waiting = [], responses }: Manifest): boolean {
  const isRollback = !rollback || (isCommit(rollback.from) && is(rollback.reason, linePattern));
  const areWaiting = waiting.every(
    ({ flag, change, served }) =>
      is(flag, /^[A-Za-z0-9_-]+$/) && is(change, /^(?:removal|switch-on)$/) && isCommit(served),
  );
  const areResponses = responses.every(
    ({ path, md5 }) => isResponsePath(path) && is(md5, /^[0-9a-f]{32}$/),
  );
  return format === 1 && isCommit(commit) && isRollback && areWaiting && areResponses;
}

/** Whether a value is the full id of a commit. */
export function isCommit(value: unknown): value is string {
  return is(value, /^[0-9a-f]{40,64}$/);
}

function is(value: unknown, pattern: RegExp): boolean {
  return typeof value === "string" && pattern.test(value);
}

/** Text without control or format characters, which could move the cursor of a terminal. */
const linePattern = /^[^\p{Cc}\p{Cf}]*$/u;
/** In any project: environments may no longer exist. */
function isResponsePath(path: unknown): boolean {
  const resource = typeof path === "string" ? parsePath(path) : undefined;
  return resource !== undefined && resource.kind !== "manifest";
}
