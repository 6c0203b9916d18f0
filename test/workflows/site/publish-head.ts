import { compile } from "../../../schema/compile/compile.ts";
import { publish } from "../../../store/publish/publish.ts";
import { Repository } from "../../../store/snapshot/repository.ts";
import { S3Target } from "../../../store/target/s3-target.ts";
import { s3Client } from "../../s3/server.ts";
import { noLimits } from "../../store/publish/no-limits.ts";
import type { Site } from "./site.ts";

/** Publishes the head of main like publish.yml, but without a run. */
export async function publishHead({ origin, s3, head }: Site): Promise<void> {
  const repository = await Repository.open(origin.bare.directory);
  const { snapshot } = await repository.read(head, "2026-01-01");
  if (!snapshot) throw new Error("Cannot publish: the origin's flags have problems");
  const target = new S3Target("s3://flags/live", "flags", "live", s3Client(s3));
  await publish(
    target,
    repository,
    { snapshot, release: compile(snapshot) },
    {
      ...{ limits: noLimits, cacheControl: "public, max-age=30" },
      ...{ thorough: true, dryRun: false, verify: false, concurrency: 4 },
    },
  );
}
