/** `clone.ts REMOTE DIRECTORY`: the cost of a clone by git alone. */
import { execFileSync } from "node:child_process";
import { Stopwatch } from "../measure/cost.ts";

const [remote = "", directory = ""] = process.argv.slice(2);
const stopwatch = new Stopwatch();
await stopwatch.time("clone", () => {
  // With a path as the remote, git would make hard links instead of copies.
  execFileSync("git", ["clone", "--quiet", "--bare", "--no-local", remote, directory]);
});
console.log(JSON.stringify(stopwatch.costs));
