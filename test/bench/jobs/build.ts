/** `build.ts REPOSITORY COMMIT DIRECTORY`: measures the stages of the build command. */
import { compile } from "../../../schema/compile/compile.ts";
import { writeRelease } from "../../../store/build/release-directory.ts";
import { Repository } from "../../../store/snapshot/repository.ts";
import { Stopwatch, sum } from "../measure/cost.ts";

const [directory = "", commit = "", out = ""] = process.argv.slice(2);
const stopwatch = new Stopwatch();
const repository = await stopwatch.time("open", () => Repository.open(directory));
const { snapshot } = await stopwatch.time("read", async () =>
  repository.read(await repository.resolve(commit), "2026-01-01"),
);
if (!snapshot) throw new Error("Cannot build: the flags have problems");
const release = await stopwatch.time("compile", () => compile(snapshot));
await stopwatch.time("write", () => writeRelease(out, release));
console.log(JSON.stringify({ ...stopwatch.costs, total: sum(Object.values(stopwatch.costs)) }));
