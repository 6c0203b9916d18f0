import type { WaitingChange } from "../../schema/compile/manifest.ts";
import type { Snapshot } from "../../schema/flag/snapshot.ts";
import type { Repository } from "./repository.ts";

/** The snapshots that flags are served from while their changes wait, by commit. Commits that are not valid are left out. */
export async function readServedSnapshots(
  repository: Repository,
  waiting: readonly WaitingChange[],
): Promise<Map<string, Snapshot>> {
  const served = new Map<string, Snapshot>();
  for (const commit of new Set(waiting.map((one) => one.served))) {
    const { snapshot } = await repository.read(commit, "");
    if (snapshot) served.set(commit, snapshot);
  }
  return served;
}
