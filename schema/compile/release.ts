import { hash } from "node:crypto";

/** The exact bytes that answer one URL. For its headers, see `urls.ts` and `etag()`. */
export interface Response {
  /** The URL's path: `/v1/feature-flags/meal_planning`. */
  readonly path: string;
  /** Compact JSON, sent as UTF-8. */
  readonly body: string;
  /** In lower-case hex. S3 uses it as the ETag of a plain object. */
  readonly md5: string;
  /** In lower-case hex. */
  readonly sha256: string;
  /** Of the UTF-8, in bytes. */
  readonly length: number;
}

/** All responses of one snapshot. */
export interface Release {
  readonly commit: string;
  readonly committed_at: string;
  /** Those of its project. The first is at the root of the URLs. */
  readonly environments: readonly string[];
  /** Sorted by path. */
  readonly responses: readonly Response[];
}

/** The response with this body, with its length and checksums. */
export function respond(path: string, body: string): Response {
  const length = Buffer.byteLength(body);
  return { path, body, md5: hash("md5", body), sha256: hash("sha256", body), length };
}

/** The entity tag of a response. S3 gives a plain object the same one, so server and CDN agree. */
export function etag({ md5 }: Pick<Response, "md5">): string {
  return `"${md5}"`;
}
