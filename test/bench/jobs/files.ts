/** `files.ts REPOSITORY COMMIT DIRECTORY`: the cost of only writing the files of a build. */
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { compile } from "../../../schema/compile/compile.ts";
import { fileOf } from "../../../schema/compile/urls.ts";
import { Repository } from "../../../store/snapshot/repository.ts";
import { Stopwatch } from "../measure/cost.ts";

const [directory = "", commit = "", out = ""] = process.argv.slice(2);
const repository = await Repository.open(directory);
const { snapshot } = await repository.read(commit, "2026-01-01");
if (!snapshot) throw new Error("Cannot write: the flags have problems");
const files = compile(snapshot).responses.map(({ path: urlPath, body }) => {
  return { file: path.join(out, fileOf(urlPath)), body };
});
for (const folder of new Set(files.map(({ file }) => path.dirname(file)))) {
  mkdirSync(folder, { recursive: true });
}
const stopwatch = new Stopwatch();
await stopwatch.time("write", () => {
  for (const { file, body } of files) writeFileSync(file, body);
});
console.log(JSON.stringify(stopwatch.costs));
