/**
 * Reads a commit in a separate process: `read.ts DIRECTORY COMMIT [TIMES]` prints each distinct reading
 * as a line of JSON, and then its maximum memory, in kilobytes. `AS_USER` is the id of the user it
 * becomes once its code is loaded.
 */
import { Repository } from "../../../store/snapshot/repository.ts";

const [directory = "", commit = "", times = "1"] = process.argv.slice(2);
const { AS_USER } = process.env;
if (AS_USER !== undefined) {
  process.setgid?.(Number(AS_USER));
  process.setuid?.(Number(AS_USER));
}

const readings = new Set<string>();
for (let time = 0; time < Number(times); time++) {
  const repository = await Repository.open(directory);
  readings.add(JSON.stringify(await repository.read(commit, "2026-01-01")));
}
for (const reading of readings) console.log(reading);
console.log(process.resourceUsage().maxRSS);
