import type { Manifest } from "../../schema/compile/manifest.ts";
import type { Response } from "../../schema/compile/release.ts";
import type { Repository } from "../snapshot/repository.ts";
import type { ObjectWriter } from "../target/object-writer.ts";
import type { Target } from "../target/target.ts";
import type { PublishedRevision } from "./check-fast-forward.ts";
import { readServedRelease } from "./served-release.ts";

/** What a publisher finds after another one finished first. */
export interface PublishConflict {
  /** The manifest at the target. */
  readonly manifest: Manifest | undefined;
  /** Whether it is the newer publisher's. If not, that publisher has not finished. */
  readonly isFinal: boolean;
  /** The objects at the start of this publication. */
  readonly before: PublishedRevision | undefined;
}

/**
 * Undoes what a publisher wrote before it found a newer one. The newer publisher skips objects that
 * already matched, so this restores exactly those: as in the final manifest or, if there is none yet, as
 * they were before. Returns the paths that could not be restored.
 */
export async function reconcile(
  target: Target,
  repository: Repository,
  writer: ObjectWriter,
  { manifest, isFinal, before }: PublishConflict,
): Promise<string[]> {
  if (writer.written.size === 0) return [];
  if (isFinal && !manifest) return [...writer.written.keys()];

  const listed = new Map(manifest?.responses.map(({ path, md5 }) => [path, md5]));
  const origin = {
    commit: manifest?.commit ?? before?.commit ?? "",
    supersedes: manifest?.rollback?.from,
  };
  const bodies = new Map<string, Response>();
  // If this clone lacks the manifest's commit, the one before may have the same bytes.
  for (const revision of [before, manifest]) {
    const release = await readServedRelease(repository, revision);
    for (const response of release?.responses ?? []) {
      bodies.set(`${response.path} ${response.md5}`, response);
    }
  }
  const left: string[] = [];
  for (const [path, { etag, replaced }] of writer.written) {
    const wanted = isFinal ? listed.get(path) : replaced;
    if (wanted === etag) continue;
    const found = await target.read(path);
    if (found?.etag !== etag || (found && !writer.isOwn(found))) continue;
    const body = bodies.get(`${path} ${wanted}`);
    if (body) await writer.restore(body, origin);
    else if (wanted !== undefined) left.push(path);
    else if (etag !== undefined) await target.remove(path, etag);
  }
  return left;
}
