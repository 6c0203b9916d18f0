/** `build.ts REPOSITORY COMMIT DIRECTORY`: a build, as the command does it, stage by stage. */
import { compile } from "../../../schema/compile.ts";
import { writeRelease } from "../../../store/release-directory.ts";
import { Repository } from "../../../store/repository.ts";
import { Stopwatch, sum } from "../cost.ts";

const [directory = "", commit = "", out = ""] = process.argv.slice(2);
const stopwatch = new Stopwatch();
const repository = await stopwatch.time("open", async () => {
  const opened = await Repository.open(directory);
  await opened.resolve(commit);
  return opened;
});
const { snapshot } = await stopwatch.time("read", () => repository.read(commit, "2026-01-01"));
if (!snapshot) throw new Error("Cannot build: the flags have problems");
const release = await stopwatch.time("compile", () => compile(snapshot));
await stopwatch.time("write", () => writeRelease(out, release));
console.log(JSON.stringify({ ...stopwatch.costs, total: sum(Object.values(stopwatch.costs)) }));
