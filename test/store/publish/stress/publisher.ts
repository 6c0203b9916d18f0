/**
 * `publisher.ts TARGET`, a publisher in a process of its own. It sends `ready` when its modules are
 * loaded. For each job, it sends `begin` before the first change, and the result at the end.
 */

import { compile } from "../../../../schema/compile/compile.ts";
import { type PublishOutcome, publish } from "../../../../store/publish/publish.ts";
import { Repository } from "../../../../store/snapshot/repository.ts";
import { openTarget } from "../../../../store/target/open-target.ts";
import { noLimits } from "../no-limits.ts";

export interface Job {
  readonly directory: string;
  readonly commit: string;
  readonly to: string;
}

export type PublisherMessage =
  | "ready"
  | "begin"
  | PublishOutcome["status"]
  | { readonly error: string };

process.on("message", (job: Job) => {
  work(job).catch((error: unknown) => report({ error: String(error) }));
});
// Loads the slow modules before the first job.
(await openTarget(process.argv[2] ?? "")).close();
report("ready");

async function work({ directory, commit, to }: Job): Promise<void> {
  const repository = await Repository.open(directory);
  const { snapshot } = await repository.read(commit, "2026-01-01");
  if (!snapshot) throw new Error(`Cannot read ${commit}`);
  const target = await openTarget(to);
  report("begin");
  const { status } = await publish(
    target,
    repository,
    { snapshot, release: compile(snapshot) },
    {
      cacheControl: "public, max-age=30, stale-while-revalidate=300, stale-if-error=86400",
      thorough: true,
      dryRun: false,
      verify: false,
      concurrency: 16,
      limits: noLimits,
    },
  );
  target.close();
  report(status);
}

function report(message: PublisherMessage): void {
  process.send?.(message);
}
