import { manifestPath } from "../../schema/compile/manifest.ts";
import { respond } from "../../schema/compile/release.ts";
import { isIndex } from "../../schema/compile/urls.ts";
import type { Decision } from "./check-fast-forward.ts";
import { drainThenThrow } from "./drain-then-throw.ts";
import type { ObjectWriter } from "./object-writer.ts";
import type { TargetState } from "./target-state.ts";

export interface Pace {
  /** How many requests at once. */
  readonly concurrency: number;
  /** Hears how many objects are done. */
  readonly progress?: ((done: number, all: number) => void) | undefined;
}

/**
 * Does what was decided: flags, then the lists that name them, then what goes, then the manifest.
 * False where another manifest than the one `served` stands there by then: it is to be decided anew.
 */
export async function applyPlan(
  writer: ObjectWriter,
  { publication: { put, remove }, manifest }: Decision,
  { standing, seen }: TargetState,
  { concurrency, progress }: Pace,
): Promise<boolean> {
  const all = put.length + remove.length;
  let done = 0;
  const inParallel = <T>(items: readonly T[], work: (item: T) => Promise<void>) =>
    drainThenThrow(items, concurrency, async (item) => {
      await work(item);
      done += 1;
      progress?.(done, all);
    });

  const flags = put.filter(({ path }) => !isIndex(path));
  const lists = put.filter(({ path }) => isIndex(path));
  for (const responses of [flags, lists]) {
    await inParallel(responses, (response) => writer.put(response, standing.get(response.path)));
  }
  await inParallel(remove, (path) => writer.remove(path, standing.get(path)));
  return writer.putManifest(respond(manifestPath, manifest), seen);
}

/** Whether there is nothing to do: a second run of the same commit sends nothing at all. */
export function isDone(
  { publication: { put, remove }, manifest }: Decision,
  { seen }: TargetState,
): boolean {
  return put.length === 0 && remove.length === 0 && seen === respond(manifestPath, manifest).md5;
}
