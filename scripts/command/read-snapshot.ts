import type { Snapshot } from "../../schema/flag/snapshot.ts";
import { isError } from "../../schema/problem/problem.ts";
import { shortId } from "../../schema/text/show.ts";
import type { Reading, Repository } from "../../store/snapshot/repository.ts";
import { report, today } from "./report.ts";
import { withProgress } from "./stderr.ts";

/** Reads a commit, and shows the progress on a terminal. `commit` is a full id. */
export function readCommit(
  repository: Repository,
  commit: string,
  day = today(),
): Promise<Reading> {
  return withProgress(`Reading ${shortId(commit)}:`, (onProgress) =>
    repository.read(commit, day, onProgress),
  );
}

/**
 * The snapshot at `revision`, for build, plan and publish. `undefined` if a flag there has an
 * error; its problems are on stderr then, and the command exits with 1.
 */
export async function readSnapshot(
  repository: Repository,
  revision: string,
): Promise<Snapshot | undefined> {
  const commit = await repository.resolve(revision);
  const { snapshot, problems, files } = await readCommit(repository, commit);
  if (!snapshot) {
    const errors = problems.filter(isError);
    process.stderr.write(
      `Cannot compile ${shortId(commit)}:\n${report("text", { files }, errors)}`,
    );
  }
  return snapshot;
}
