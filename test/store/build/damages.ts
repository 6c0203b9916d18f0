/** What hands may do to a release in a directory. */
import {
  appendFileSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { temporaryDirectory } from "../../git/repository.ts";

const flag = "v1/feature-flags/improvement_1.json";

/**
 * Of a release with flags `improvement_1` and `improvement_2`, and an environment `staging`. In
 * `outside` there is the folder `v1` of an older one.
 */
export const damages: Record<string, (directory: string, outside: string) => void> = {
  "a file is edited, to the same length": (directory) => {
    const text = readFileSync(path.join(directory, flag), "utf8");
    writeFileSync(path.join(directory, flag), text.replace("improvement", "IMPROVEMENT"));
  },
  "a file is longer": (directory) => appendFileSync(path.join(directory, flag), "\n"),
  "a file is deleted": (directory) => rmSync(path.join(directory, flag)),
  "two files are exchanged": (directory) => {
    const other = path.join(directory, "v1/feature-flags/improvement_2.json");
    const draft = path.join(directory, "draft");
    renameSync(path.join(directory, flag), draft);
    renameSync(other, path.join(directory, flag));
    renameSync(draft, other);
  },
  "a folder takes a file's place": (directory) => {
    rmSync(path.join(directory, flag));
    mkdirSync(path.join(directory, flag, "inside"), { recursive: true });
  },
  "a link takes a file's place": (directory, outside) => {
    writeFileSync(path.join(outside, "file"), "theirs");
    rmSync(path.join(directory, flag));
    symlinkSync(path.join(outside, "file"), path.join(directory, flag));
  },
  "a link takes a folder's place": (directory, outside) => {
    rmSync(path.join(directory, "v1"), { recursive: true });
    symlinkSync(path.join(outside, "v1"), path.join(directory, "v1"));
  },
  "a folder is gone": (directory) => rmSync(path.join(directory, "staging"), { recursive: true }),
  "an older folder is put back": (directory, outside) => {
    renameSync(path.join(directory, "v1"), path.join(outside, "old"));
    renameSync(path.join(outside, "v1"), path.join(directory, "v1"));
  },
  "a file is added": (directory) => writeFileSync(path.join(directory, "v1/notes.txt"), "ours"),
  "a file is added at the top": (directory) =>
    writeFileSync(path.join(directory, ".htaccess"), "x"),
  "an empty folder is added": (directory) => mkdirSync(path.join(directory, "v2")),
};

/** Returns once a change would carry a later time than whatever was written before. */
export function clockTick(directory: string): void {
  const before = lstatSync(path.join(directory, "manifest.json")).ctimeMs;
  const probe = path.join(temporaryDirectory(), "probe");
  do writeFileSync(probe, "");
  while (lstatSync(probe).ctimeMs <= before);
}
