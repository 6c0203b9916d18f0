/** `clone.ts REMOTE DIRECTORY`: the cost of a clone by git alone. */
import { execFileSync } from "node:child_process";
import { Stopwatch } from "../cost.ts";

const [remote = "", directory = ""] = process.argv.slice(2);
const stopwatch = new Stopwatch();
await stopwatch.time("clone", () => {
  // Over a path git would link the files of the remote, and copy nothing.
  execFileSync("git", ["clone", "--quiet", "--bare", "--no-local", remote, directory]);
});
console.log(JSON.stringify(stopwatch.costs));
