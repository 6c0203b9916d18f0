import { hash } from "node:crypto";

/** The exact bytes that answer one URL. Its headers follow from them: see `contentType` and `etag`. */
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

export const contentType = "application/json";

/** What `body` amounts to, at `path`. */
export function respond(path: string, body: string): Response {
  const length = Buffer.byteLength(body);
  return { path, body, md5: hash("md5", body), sha256: hash("sha256", body), length };
}

/** The entity tag of a response: what S3 gives a plain object, so that server and CDN agree. */
export function etag({ md5 }: Pick<Response, "md5">): string {
  return `"${md5}"`;
}

/** What a release consists of, for whoever reads or publishes it. Bodies are not in it. */
export interface Manifest {
  readonly format: 1;
  readonly commit: string;
  readonly committed_at: string;
  /** By path. */
  readonly responses: readonly Omit<Response, "body">[];
}

/** `manifest.json`, to the byte: one line per response, so that a diff of two can be read. */
export function formatManifest({ commit, committed_at, responses }: Release | Manifest): string {
  const head = { format: 1, commit, committed_at };
  const lines = responses.map(({ path, md5, sha256, length }) =>
    JSON.stringify({ path, md5, sha256, length }),
  );
  const list = lines.length === 0 ? "[]" : `[\n${lines.join(",\n")}\n]`;
  return `${JSON.stringify(head).slice(0, -1)},"responses":${list}}\n`;
}
