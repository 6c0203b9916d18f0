/** Builds the release of a commit into a directory: from all flags, or from the release before it. */
import { readFileSync } from "node:fs";
import { compile } from "../../schema/compile/compile.ts";
import { manifestHead } from "../../schema/compile/manifest-text.ts";
import { type Patch, patch } from "../../schema/compile/patch.ts";
import type { Snapshot } from "../../schema/flag/snapshot.ts";
import { readChangedFlags, readLanded } from "../snapshot/changed-flags.ts";
import type { Repository } from "../snapshot/repository.ts";
import { Built, identify } from "./built.ts";
import { changeRelease, spareOf, writeRelease } from "./release-directory.ts";
import { manifestOf } from "./release-files.ts";
import { applyPatch } from "./release-writer.ts";
import { readStanding } from "./standing-release.ts";

/** What a build came to. */
export interface Build {
  /** The full id of the commit. */
  readonly commit: string;
  readonly flags: number;
  readonly responses: number;
  /** How many files had to be written. */
  readonly written: number;
}

/** Makes `directory` hold the release of a snapshot. */
export function build(
  repository: Repository,
  snapshot: Snapshot,
  directory: string,
  release = compile(snapshot),
): Build {
  const built = new Built(repository.cache);
  const written = writeRelease(directory, release, (whole) => built.remember(whole));
  const { commit, responses } = release;
  return { commit, flags: snapshot.flags.length, responses: responses.length, written };
}

/**
 * Makes `directory` hold the release of the commit that `revision` names, from the hidden one that
 * a build before left beside it. Nothing where there is none, anybody touched it, or what changed
 * since takes a look at all flags.
 */
export async function rebuild(
  repository: Repository,
  revision: string,
  directory: string,
): Promise<Build | undefined> {
  const built = new Built(repository.cache);
  const spare = spareOf(directory);
  if (!built.has(directory) || !built.has(spare)) return undefined;
  const identity = identify(spare);
  // Another build may take it away at any moment; what else goes wrong, reading everything tells.
  const next = await patchFor(repository, revision, spare).catch(() => undefined);
  const isDone =
    next &&
    changeRelease(directory, (taken) => {
      if (identify(taken) !== identity) return false;
      applyPatch(taken, next);
      built.remember(taken);
      return true;
    });
  if (!isDone) return undefined;
  const { commit, flags, responses, written } = next;
  return { commit, flags, responses, written: written.length };
}

/** What makes the release in `spare` the one of a commit, if that can be told from what changed. */
async function patchFor(
  repository: Repository,
  revision: string,
  spare: string,
): Promise<(Patch & { commit: string }) | undefined> {
  const manifest = readFileSync(manifestOf(spare), "latin1");
  // Git is at work while the files are read.
  const [landed, standing] = await Promise.all([
    readLanded(repository.directory, manifestHead(manifest).commit, revision),
    readStanding(spare, manifest),
  ]);
  if (!landed || !standing) return undefined;
  // Nothing may have landed since, or what is wanted is another commit without them.
  const commit = landed.at(-1)?.commit ?? (await repository.resolve(revision));
  const changes = await readChangedFlags(repository.directory, standing, landed, commit);
  const next = changes && { ...patch(standing, changes), commit };
  const touched = await standing.touched;
  return [...touched].every((name) => changes?.names.has(name)) ? next : undefined;
}
