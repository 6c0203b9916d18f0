/** What clients get from a CDN, asked as they ask. */
import pMap from "p-map";
import { pathOf } from "../../schema/compile/compile.ts";
import { type Manifest, manifestPath, parseManifest } from "../../schema/compile/manifest.ts";
import { etag, type Release } from "../../schema/compile/release.ts";
import type { Difference } from "../../schema/github/drift-issue.ts";
import { isOurs } from "../../schema/plan/publication.ts";
import type { Expected } from "./live.ts";

const concurrency = 16;
/** How long one answer may take, in milliseconds. */
const patience = 15_000;
/** A body beyond this is none of ours, in bytes; a list of 10,000 flags has 400,000. */
const largest = 20_000_000;

/** The manifest that a CDN serves; nothing where it has none, or does not show it. */
export async function readServedManifest(base: string): Promise<Manifest | undefined> {
  const { status, body } = await ask(base, manifestPath).catch(() => ({ status: 0, body: "" }));
  return status === 200 ? parseManifest(body) : undefined;
}

/** Every URL of a release, and those that `manifest` has beyond it: they should be gone. */
export function expectedAt(release: Release, manifest: Manifest | undefined): Expected[] {
  const wanted = release.responses.filter(({ path }) => !path.startsWith("/errors/"));
  const known = new Set(wanted.map(({ path }) => path));
  const extra = (manifest?.responses ?? []).filter(({ path }) => isOurs(path) && !known.has(path));
  return [
    ...wanted.map((response) => ({ path: response.path, response })),
    ...extra.map(({ path }) => ({ path })),
  ];
}

/** Those of `expected` that the CDN answers otherwise. */
export async function findDifferences(
  base: string,
  expected: readonly Expected[],
): Promise<Difference[]> {
  const found = await pMap(expected, (one) => compare(base, one), { concurrency });
  return found.flat();
}

/** For how many seconds the CDN may give an answer before it looks for a newer one. */
export async function readMaxAge(base: string): Promise<number> {
  try {
    const { headers } = await ask(base, pathOf("application"));
    const control = headers.get("cache-control") ?? "";
    const shared = /\bs-maxage=(\d{1,6})/.exec(control) ?? /\bmax-age=(\d{1,6})/.exec(control);
    return Number(shared?.[1] ?? 0);
  } catch {
    return 0;
  }
}

async function compare(base: string, { path, response }: Expected): Promise<Difference[]> {
  const differs = (found: string) => [{ path, found }];
  try {
    const { status, body } = await ask(base, path, response && etag(response));
    if (response === undefined) {
      return status === 404 || status === 403 ? [] : differs("a flag that is gone");
    }
    // It has our entity tag, and that is the MD5 of the body.
    if (status === 304) return [];
    if (status === 404 || status === 403) return differs("nothing");
    if (status !== 200) return differs(String(status));
    return body === response.body ? [] : differs("other bytes");
  } catch {
    return differs("no answer");
  }
}

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

async function ask(base: string, path: string, tag?: string): Promise<Answer> {
  const answer = await fetch(base.replace(/\/+$/, "") + path, {
    headers: tag === undefined ? {} : { "If-None-Match": tag },
    signal: AbortSignal.timeout(patience),
    redirect: "error",
  });
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of answer.body ?? []) {
    size += chunk.length;
    if (size > largest) throw new Error(`Cannot read "${path}": it has more than ${largest} bytes`);
    chunks.push(chunk);
  }
  const { status, headers } = answer;
  return { status, headers, body: Buffer.concat(chunks).toString("utf8") };
}
