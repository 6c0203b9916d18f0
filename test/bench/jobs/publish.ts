/** `publish.ts REPOSITORY COMMIT TARGET THOROUGH DRY_RUN`: the cost of `publish()` after the commit was read. */

import { publish } from "../../../store/publish/publish.ts";
import { compileSnapshot } from "../../../store/snapshot/compiled-snapshot.ts";
import { Repository } from "../../../store/snapshot/repository.ts";
import { openTarget } from "../../../store/target/open-target.ts";
import { Stopwatch } from "../measure/cost.ts";

const [directory = "", commit = "", to = "", thorough, dryRun] = process.argv.slice(2);
const stopwatch = new Stopwatch();
const repository = await Repository.open(directory);
const { snapshot } = await stopwatch.time("read", () => repository.read(commit, "2026-01-01"));
if (!snapshot) throw new Error("Cannot publish: the flags have problems");
const target = await openTarget(to);
const { status, refusals } = await stopwatch.time("publish", () =>
  publish(target, repository, compileSnapshot(snapshot), {
    limits: { remove: 20, turn: 50, at_least: 5 },
    cacheControl: "public, max-age=30",
    thorough: thorough === "true",
    dryRun: dryRun === "true",
    verify: false,
    concurrency: 16,
  }),
);
target.close();
if (status === "refused") throw new Error(`Cannot publish: ${refusals.join("; ")}`);
console.log(JSON.stringify(stopwatch.costs));
