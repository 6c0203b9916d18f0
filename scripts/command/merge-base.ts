import { RevisionError } from "../../store/commit/revisions.ts";
import type { Repository } from "../../store/snapshot/repository.ts";

/** `fork()` of the value of `--base`. If there is no such branch, the error names the option. */
export async function findMergeBase(
  repository: Repository,
  base: string,
  head: string,
): Promise<string> {
  try {
    return await repository.fork(base, head);
  } catch (error) {
    if (!(error instanceof RevisionError && error.revision === base && error.branches)) throw error;
    const wanted = `--base ${error.branches.trunk ?? "BRANCH"}`;
    const hint = `name the branch that the change is merged into: ${wanted}`;
    throw new Error(`${error.message}\n  hint: ${hint}`, { cause: error });
  }
}
