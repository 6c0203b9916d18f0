/**
 * A process that writes releases: `write-releases.ts DIRECTORY RELEASES TIMES` writes each of the
 * releases in a JSON file into a directory in turn. It prints `begins` first. `AS_USER` is the id of the
 * user that it becomes once its code is loaded.
 */
import { readFileSync } from "node:fs";
import type { Release } from "../../../schema/compile/release.ts";
import { writeRelease } from "../../../store/build/release-directory.ts";

const [directory = "", file = "", times = ""] = process.argv.slice(2);
const releases: Release[] = JSON.parse(readFileSync(file, "utf8"));
const { AS_USER } = process.env;
if (AS_USER !== undefined) {
  process.setgid?.(Number(AS_USER));
  process.setuid?.(Number(AS_USER));
}

process.stdout.write("begins\n");
for (let time = 0; time < Number(times); time++) {
  const release = releases[time % releases.length];
  if (release) writeRelease(directory, release);
}
