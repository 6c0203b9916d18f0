/** `log.ts REPOSITORY COMMIT`: the cost of `git log` alone for all changes. */
import { streamGit } from "../../../store/git/git.ts";
import { Stopwatch } from "../measure/cost.ts";

const [directory = "", commit = ""] = process.argv.slice(2);
const stopwatch = new Stopwatch();
await stopwatch.time("log", async () => {
  const args = [
    "log",
    "--first-parent",
    "--root",
    "--raw",
    "-z",
    "--no-abbrev",
    "--format=%H %ct %P",
  ];
  for await (const _ of streamGit(directory, [...args, commit]));
});
console.log(JSON.stringify(stopwatch.costs));
