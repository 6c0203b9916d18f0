/** Releases in which some changes wait: the published one, and the one to publish. */
import type { WaitingChange } from "../../schema/compile/manifest.ts";
import type { Release } from "../../schema/compile/release.ts";
import { holdBack } from "../../schema/plan/hold-back.ts";
import { type CompiledSnapshot, compileSnapshot } from "../snapshot/compiled-snapshot.ts";
import type { Repository } from "../snapshot/repository.ts";
import { readServedSnapshots } from "../snapshot/served-snapshots.ts";
import type { PublishedRevision } from "./check-fast-forward.ts";

/** The release that was published last; `undefined` if it is not known, or this clone lacks its commits. */
export async function readServedRelease(
  repository: Repository,
  revision: PublishedRevision | undefined,
): Promise<Release | undefined> {
  const commit = revision?.commit;
  if (commit === undefined) return undefined;
  try {
    const { snapshot } = await repository.read(commit, "");
    if (!snapshot) return undefined;
    const { waiting = [] } = revision ?? {};
    return (await holdBackChanges(repository, compileSnapshot(snapshot), waiting)).release;
  } catch {
    return undefined;
  }
}

/** The release without the changes that wait. Throws if this clone lacks a commit that is served. */
export async function holdBackChanges(
  repository: Repository,
  compiled: CompiledSnapshot,
  waiting: readonly WaitingChange[],
): Promise<CompiledSnapshot> {
  if (waiting.length === 0) return compiled;
  const served = await readServedSnapshots(repository, waiting);
  return compileSnapshot(holdBack(compiled.snapshot, waiting, served));
}
