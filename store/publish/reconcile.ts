import { compile } from "../../schema/compile/compile.ts";
import type { Manifest } from "../../schema/compile/manifest.ts";
import type { Response } from "../../schema/compile/release.ts";
import type { Repository } from "../snapshot/repository.ts";
import type { ObjectWriter } from "./object-writer.ts";
import type { Target } from "./target.ts";

export interface Settled {
  /** The manifest that stands there. */
  readonly manifest: Manifest | undefined;
  /** Whether that is the one this publisher must give way to. Else that one is not there yet. */
  readonly isFinal: boolean;
  /** The commit that was served at first. */
  readonly before: string | undefined;
}

/**
 * Mends what a publisher did before it learnt that it must not. Whoever it gives way to replaces
 * nearly all of that; what they found right already, and left alone, is what this is for. It puts
 * things back as the final manifest says or, where there is none yet, as it had found them.
 * Returns the paths that could not be mended.
 */
export async function reconcile(
  target: Target,
  repository: Repository,
  writer: ObjectWriter,
  { manifest, isFinal, before }: Settled,
): Promise<string[]> {
  if (writer.written.size === 0) return [];
  if (isFinal && !manifest) return [...writer.written.keys()];

  const listed = new Map(manifest?.responses.map(({ path, md5 }) => [path, md5]));
  const origin = { commit: manifest?.commit ?? before ?? "", supersedes: manifest?.rollback?.from };
  const bodies = new Map<string, Response>();
  // This clone may not know the manifest's commit; the one before may have the same bytes.
  for (const commit of new Set([before, manifest?.commit])) {
    const responses = await responsesOf(repository, commit);
    for (const response of responses) bodies.set(`${response.path} ${response.md5}`, response);
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

async function responsesOf(
  repository: Repository,
  commit: string | undefined,
): Promise<readonly Response[]> {
  if (commit === undefined) return [];
  const { snapshot } = await repository.read(commit, "").catch(() => ({ snapshot: undefined }));
  return snapshot ? compile(snapshot).responses : [];
}
