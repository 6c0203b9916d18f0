/** `read.ts REPOSITORY COMMIT`: the cost of each part of reading a commit. */
import { type ParsedFile, parseFlagFile } from "../../../schema/file/parsed-file.ts";
import { validate } from "../../../schema/file/validate.ts";
import { defaultProject } from "../../../schema/project/project.ts";
import { entryOf } from "../../../store/commit/entry.ts";
import { readBlobs } from "../../../store/git/blobs.ts";
import type { GitObject } from "../../../store/git/objects.ts";
import { readTree } from "../../../store/git/tree.ts";
import { readHistory } from "../../../store/history/history.ts";
import { Stopwatch } from "../measure/cost.ts";

const [directory = "", commit = ""] = process.argv.slice(2);
const stopwatch = new Stopwatch();
const { entries: tree } = await stopwatch.time("list files", () =>
  readTree(directory, commit, ["flags"]),
);
const blobs = await stopwatch.time("read blobs", async () => {
  const read: GitObject[] = [];
  const objects = new Set(tree.map(({ object }) => object));
  for await (const blob of readBlobs(directory, [...objects])) read.push(blob);
  return read;
});
const contents = await stopwatch.time("parse and check", () => {
  const read = new Map<string, ParsedFile>();
  for (const { id, bytes } of blobs) read.set(id, parseFlagFile(bytes, defaultProject));
  return read;
});
await stopwatch.time("validate", () => {
  const entries = tree.flatMap(({ file, mode, object }) => {
    const content = contents.get(object);
    return content ? [entryOf(file, mode, content)] : [];
  });
  return validate(entries, defaultProject, "2026-01-01");
});
await stopwatch.time("read history", () => readHistory(directory, commit));
console.log(JSON.stringify(stopwatch.costs));
