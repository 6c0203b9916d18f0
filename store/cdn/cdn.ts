/** What clients get from a CDN. */
import pMap from "p-map";
import { type Manifest, manifestPath, parseManifest } from "../../schema/compile/manifest.ts";
import { outputs } from "../../schema/compile/outputs.ts";
import type { Release, Response } from "../../schema/compile/release.ts";
import { contentTypeOf, isFetched } from "../../schema/compile/urls.ts";
import type { Difference } from "../../schema/github/drift-issue.ts";
import { outgoingFetch } from "../network/outgoing.ts";

const concurrency = 16;
/** Maximum duration of one request. */
const defaultTimeoutMs = 15_000;
/** Larger bodies are not read: a list of 10,000 flags has 400,000 bytes. */
const maxBytes = 20_000_000;

/** What a CDN must answer at a path. */
export interface Expected {
  readonly path: string;
  /** Missing if the path was removed. */
  readonly response?: Response;
}

/** The manifest that a CDN serves; `undefined` if it serves none. */
export async function readServedManifest(base: string): Promise<Manifest | undefined> {
  const { status, body } = await getFromCdn(base, manifestPath).catch(() => ({
    status: 0,
    body: "",
  }));
  return status === 200 ? parseManifest(body) : undefined;
}

/** Every URL of a release, and the URLs of `manifest` that are not in the release and must answer 404. */
export function expectedAt(release: Release, manifest: Manifest | undefined): Expected[] {
  const wanted = release.responses.filter(({ path }) => isFetched(path));
  const known = new Set(wanted.map(({ path }) => path));
  const extra = (manifest?.responses ?? []).filter(
    ({ path }) => isFetched(path) && !known.has(path),
  );
  return [
    ...wanted.map((response) => ({ path: response.path, response })),
    ...extra.map(({ path }) => ({ path })),
  ];
}

/**
 * The responses in `expected` that clients do not get: with this body, this `Content-Type`, and a
 * `Cache-Control` that lets browsers keep it for at most `maxAgeSeconds`.
 */
export async function findDifferences(
  base: string,
  expected: readonly Expected[],
  maxAgeSeconds: number,
): Promise<Difference[]> {
  const found = await pMap(expected, (one) => compare(base, one, maxAgeSeconds), { concurrency });
  return found.flat();
}

/** For how many seconds the CDN may serve a response from its cache; 0 if it does not say. */
export async function readMaxAge(base: string): Promise<number> {
  try {
    const { headers } = await getFromCdn(base, outputs.list.path);
    const control = headers.get("cache-control") ?? "";
    const shared = /\bs-maxage=(\d{1,6})/.exec(control) ?? /\bmax-age=(\d{1,6})/.exec(control);
    return Number(shared?.[1] ?? 0);
  } catch {
    return 0;
  }
}

/**
 * Sends an entity tag that no response ever had, like a browser with an old body, which must get the new
 * one. So this also detects a CDN that always answers 304.
 */
async function compare(
  base: string,
  { path, response }: Expected,
  maxAgeSeconds: number,
): Promise<Difference[]> {
  const differs = (found: string) => [{ path, found }];
  try {
    const { status, headers, body } = await getFromCdn(base, path, { etag: neverUsedEtag });
    if (response === undefined) {
      return isMissing(status) ? [] : differs("a flag that is gone");
    }
    if (status === 304) return differs("304 to an ETag that it never had");
    if (isMissing(status)) return differs("nothing");
    if (status !== 200) return differs(String(status));
    if (body !== response.body) return differs("other bytes");
    return [
      ...checkContentType(path, headers.get("content-type")),
      ...checkCaching(headers.get("cache-control"), maxAgeSeconds),
    ].flatMap(differs);
  } catch {
    return differs("no answer");
  }
}

const neverUsedEtag = '"00000000000000000000000000000000"';

/** Clients refuse a body of another type. */
function checkContentType(path: string, found: string | null): string[] {
  const wanted = contentTypeOf(path);
  const [type = ""] = (found ?? "").split(";");
  return type.trim().toLowerCase() === wanted ? [] : [`Content-Type ${quote(found)}`];
}

/** A browser caches a body for its `max-age`; without one, it chooses a time by itself. */
function checkCaching(found: string | null, maxAgeSeconds: number): string[] {
  const control = (found ?? "").toLowerCase();
  if (/\bno-(?:store|cache)\b/.test(control)) return [];
  const [, seconds] = /(?<!-)\bmax-age=(\d+)/.exec(control) ?? [];
  const isFine =
    seconds !== undefined && Number(seconds) <= maxAgeSeconds && !/\bimmutable\b/.test(control);
  return isFine ? [] : [`Cache-Control ${quote(found)}`];
}

/** A header of the CDN, shortened and on one line. */
function quote(header: string | null): string {
  if (header === null) return "missing";
  return `"${header.replace(/[^\x20-\x7e]/g, "?").slice(0, 100)}"`;
}

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

/** Whether a status says that there is no object. S3 answers 403 to those who may not list the bucket. */
export function isMissing(status: number): boolean {
  return status === 404 || status === 403;
}

/** The answer at a path below `base`. Throws if there is none in `timeoutMs`, or if it is a redirect or too large. */
export async function getFromCdn(
  base: string,
  path: string,
  {
    etag,
    timeoutMs = defaultTimeoutMs,
  }: { readonly etag?: string; readonly timeoutMs?: number } = {},
): Promise<Answer> {
  const answer = await outgoingFetch(base.replace(/\/+$/, "") + path, {
    headers: etag === undefined ? {} : { "If-None-Match": etag },
    signal: AbortSignal.timeout(timeoutMs),
    redirect: "error",
  });
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of answer.body ?? []) {
    size += chunk.length;
    if (size > maxBytes)
      throw new Error(`Cannot read "${path}": it has more than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  const { status, headers } = answer;
  return { status, headers, body: Buffer.concat(chunks).toString("utf8") };
}
