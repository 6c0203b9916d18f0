/** `history.ts REPOSITORY COMMIT DIRECTORY`: reads the history of a commit. Continues the one that `DIRECTORY` holds. */
import { Cache } from "../../../store/commit/cache.ts";
import { type FlagHistory, type History, readHistory } from "../../../store/history/history.ts";
import { Stopwatch } from "../measure/cost.ts";

const [directory = "", commit = "", kept = ""] = process.argv.slice(2);
const stopwatch = new Stopwatch();
await stopwatch.time("history", async () => {
  const cache = new Cache(kept, "bench");
  const known = restore(cache.read("history"));
  if (known?.commit === commit) return;
  const history = await readHistory(directory, commit, known);
  cache.write("history", { ...history, flags: [...history.flags] });
});
console.log(JSON.stringify(stopwatch.costs));

/** In the form that `Repository` stores. */
function restore(cached: unknown): History | undefined {
  if (cached === undefined) return undefined;
  const { flags, ...rest } = cached as Omit<History, "flags"> & { flags: [string, FlagHistory][] };
  return { ...rest, flags: new Map(flags) };
}
