import pMap from "p-map";
import type { Release, Response } from "../../schema/compile/release.ts";
import { contentTypeOf } from "../../schema/compile/urls.ts";
import type { PublishedObject } from "../../schema/plan/publication.ts";
import { drainThenThrow } from "./drain-then-throw.ts";
import type { ObjectWriter } from "./object-writer.ts";
import type { StoredObject, Target } from "./target.ts";

/** How often what was just mended may turn out to be wrong again. */
const rounds = 3;

const touched: PublishedObject = { etag: "", isModifiedElsewhere: true };

/**
 * Reads every object of a release back, body and headers, and puts those that are not as they
 * should be. Returns how many had to be mended. Throws where that does not help.
 */
export async function verify(
  target: Target,
  release: Release,
  writer: ObjectWriter,
  concurrency: number,
): Promise<number> {
  let due: readonly Response[] = release.responses;
  let mended = 0;
  for (let round = 1; round <= rounds; round++) {
    const found = await pMap(due, ({ path }) => target.read(path), { concurrency });
    const wrong = due.filter(
      (response, index) => !isAsPut(found[index], response, writer.cacheControlOf(response.path)),
    );
    if (wrong.length === 0) return mended;
    await drainThenThrow(wrong, concurrency, (response) => writer.put(response, touched));
    mended += wrong.length;
    due = wrong;
  }
  throw new Error(
    `Cannot verify "${target.name}": ${due.length} objects do not stay as they are put`,
  );
}

/** Where the target keeps headers, they count as well. */
function isAsPut(
  object: StoredObject | undefined,
  { path, body, md5, sha256 }: Response,
  cacheControl: string,
): boolean {
  if (!object || object.etag !== md5 || object.body.toString("utf8") !== body) return false;
  if (object.contentType === undefined && object.cacheControl === undefined) return true;
  return (
    object.contentType === contentTypeOf(path) &&
    object.cacheControl === cacheControl &&
    object.metadata.sha256 === sha256 &&
    object.metadata.commit !== undefined
  );
}
