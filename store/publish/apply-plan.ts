import { isIndex } from "../../schema/compile/urls.ts";
import type { ObjectWriter } from "../target/object-writer.ts";
import type { PublishDecision } from "./decide-publication.ts";
import { drainThenThrow } from "./drain-then-throw.ts";
import type { TargetState } from "./target-state.ts";

export interface Pace {
  /** Maximum number of concurrent requests. */
  readonly concurrency: number;
  /** Called with the number of objects that are done. */
  readonly progress?: ((done: number, all: number) => void) | undefined;
}

/**
 * Applies a decision to the target: flags, then the lists that name them, then removals, then the manifest.
 * Returns false if the manifest was replaced meanwhile; then a new decision is needed.
 */
export async function applyPlan(
  writer: ObjectWriter,
  { publication: { put, remove }, manifest }: PublishDecision,
  { objects, manifestObject }: TargetState,
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
    await inParallel(responses, (response) => writer.put(response, objects.get(response.path)));
  }
  await inParallel(remove, (path) => writer.remove(path, objects.get(path)));
  return writer.putManifest(manifest, manifestObject?.etag);
}
