/** `build.ts REPOSITORY COMMIT DIRECTORY`: a build, as the command does it, stage by stage. */
import { compile } from "../../../schema/compile/compile.ts";
import { build, rebuild } from "../../../store/build/build.ts";
import { Repository } from "../../../store/snapshot/repository.ts";
import { Stopwatch, sum } from "../cost.ts";

const [directory = "", commit = "", out = ""] = process.argv.slice(2);
const stopwatch = new Stopwatch();
const repository = await stopwatch.time("open", () => Repository.open(directory));
const patch = "patch the release before";
if (!(await stopwatch.time(patch, () => rebuild(repository, commit, out)))) {
  const { snapshot } = await stopwatch.time("read", async () =>
    repository.read(await repository.resolve(commit), "2026-01-01"),
  );
  if (!snapshot) throw new Error("Cannot build: the flags have problems");
  const release = await stopwatch.time("compile", () => compile(snapshot));
  await stopwatch.time("write", () => build(repository, snapshot, out, release));
}
console.log(JSON.stringify({ ...stopwatch.costs, total: sum(Object.values(stopwatch.costs)) }));
