import pMap from "p-map";
import type { Release, Response } from "../../schema/compile/release.ts";
import { contentTypeOf } from "../../schema/compile/urls.ts";
import type { PublishedObject } from "../../schema/plan/publication.ts";
import type { ObjectWriter } from "../target/object-writer.ts";
import type { StoredObject, Target } from "../target/target.ts";
import { drainThenThrow } from "./drain-then-throw.ts";

/** Maximum number of rounds of repairs. */
const maxRounds = 3;

const changedElsewhere: PublishedObject = { etag: "", isModifiedElsewhere: true };

/**
 * Reads back every object of a release, with its headers, and repairs the wrong ones. Returns how
 * many were repaired. Throws if they are wrong again and again.
 */
export async function verify(
  target: Target,
  release: Release,
  writer: ObjectWriter,
  concurrency: number,
): Promise<number> {
  let due: readonly Response[] = release.responses;
  let repaired = 0;
  for (let round = 1; round <= maxRounds; round++) {
    const found = await pMap(due, ({ path }) => target.read(path), { concurrency });
    const wrong = due.filter(
      (response, index) => !isAsPut(found[index], response, writer.cacheControlOf(response.path)),
    );
    if (wrong.length === 0) return repaired;
    await drainThenThrow(wrong, concurrency, (response) => writer.put(response, changedElsewhere));
    repaired += wrong.length;
    due = wrong;
  }
  throw new Error(
    `Cannot verify "${target.name}": ${due.length} objects are wrong again after ${maxRounds} repairs`,
  );
}

/** Compares headers too, if the target keeps them. */
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
