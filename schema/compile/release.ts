import { hash } from "node:crypto";
import { manifestLine, manifestText } from "./manifest-text.ts";

/** The exact bytes that answer one URL. Its headers follow: see `contentTypeOf` and `etag`. */
export interface Response {
  /** The URL's path: `/v1/feature-flags/meal_planning`. */
  readonly path: string;
  /** Compact JSON; its UTF-8 is what is sent. */
  readonly body: string;
  /** Lower-case hex, as S3 gives it for a plain object. */
  readonly md5: string;
  /** Lower-case hex. */
  readonly sha256: string;
  /** Of the UTF-8, in bytes. */
  readonly length: number;
}

/** All responses of one snapshot. */
export interface Release {
  readonly commit: string;
  readonly committed_at: string;
  /** By path. */
  readonly responses: readonly Response[];
}

/** Flags are plain JSON; what a CDN answers where it has none are problem details (RFC 9457). */
export function contentTypeOf(path: string): string {
  return path.startsWith("/errors/") ? "application/problem+json" : "application/json";
}

/** What `body` amounts to, at `path`. */
export function respond(path: string, body: string): Response {
  const length = Buffer.byteLength(body);
  return { path, body, md5: hash("md5", body), sha256: hash("sha256", body), length };
}

/** The entity tag of a response: what S3 gives a plain object, so that server and CDN agree. */
export function etag({ md5 }: Pick<Response, "md5">): string {
  return `"${md5}"`;
}

/** The path of a release's manifest. */
export const manifestPath = "/manifest.json";

/** `manifest.json`, once it is sure to be one; other programs have a file of this name too. */
export function parseManifest(text: string): Manifest | undefined {
  try {
    const manifest = JSON.parse(text);
    return isManifest(manifest) ? manifest : undefined;
  } catch {
    return undefined;
  }
}

/** Whoever can write to a target can forge one: nothing in it may lead outside, or to git as an option. */
function isManifest({ format, commit, rollback, responses }: Manifest): boolean {
  const isRollback = !rollback || (isCommit(rollback.from) && is(rollback.reason, linePattern));
  const areResponses = responses.every(
    ({ path, md5 }) => is(path, pathPattern) && is(md5, /^[0-9a-f]{32}$/),
  );
  return format === 1 && isCommit(commit) && isRollback && areResponses;
}

/** Whether a value is a commit's full id. */
export function isCommit(value: unknown): value is string {
  return is(value, /^[0-9a-f]{40,64}$/);
}

function is(value: unknown, pattern: RegExp): boolean {
  return typeof value === "string" && pattern.test(value);
}

/** Nothing in it moves the cursor of a terminal. */
const linePattern = /^[^\p{Cc}\p{Cf}]*$/u;
/** Also those of environments that are no more. */
const pathPattern =
  /^(?:\/[a-z][a-z0-9_-]*)?\/v1\/feature-flags\/[a-z0-9_]*$|^\/errors\/\d{3}\.json$/;

/** What a release consists of, for whoever reads or publishes it. Bodies are not in it. */
export interface Manifest {
  readonly format: 1;
  readonly commit: string;
  readonly committed_at: string;
  /** Where it took the place of a newer commit, on purpose. */
  readonly rollback?: Rollback;
  /** Why it was published although it looked like an accident. */
  readonly allowed?: string;
  /** By path. */
  readonly responses: readonly Omit<Response, "body">[];
}

export interface Rollback {
  /** The newest commit that was served before: what descends from it may be published again. */
  readonly from: string;
  readonly reason: string;
}

/** `manifest.json`, to the byte: one line per response, so that a diff of two can be read. */
export function formatManifest(
  { commit, committed_at, responses }: Release,
  { rollback, allowed }: { rollback?: Rollback | undefined; allowed?: string | undefined } = {},
): string {
  const head = { format: 1, commit, committed_at, rollback, allowed };
  return manifestText(head, responses.map(manifestLine));
}
