import { existsSync } from "node:fs";
import path from "node:path";
import { projectFile } from "../../schema/project/project.ts";
import type { Target } from "./target.ts";

/** Opens `s3://bucket[/prefix]`, or the directory of that name. */
export async function openTarget(name: string): Promise<Target> {
  const [, bucket, prefix = ""] = /^s3:\/\/([^/]+)(?:\/(.*))?$/.exec(name) ?? [];
  if (bucket !== undefined) {
    // Loaded only here: it takes longer than a whole publish to a directory.
    const { S3Target } = await import("./s3-target.ts");
    return new S3Target(name, bucket, prefix);
  }
  if (name === "" || /^\w+:/.test(name)) {
    throw new Error(`Cannot publish to "${name}": wanted s3://bucket[/prefix] or a directory`);
  }
  const directory = path.resolve(name);
  if (holdsFlags(directory)) {
    const wanted = "wanted another directory, such as dist/cdn";
    throw new Error(`Cannot publish to "${name}": the flags themselves are there; ${wanted}`);
  }
  const { DirectoryTarget } = await import("./directory-target.ts");
  return new DirectoryTarget(directory, name);
}

/** Whether it is the top of a repository of flags, or below its `flags/`. */
function holdsFlags(directory: string): boolean {
  const isTop = (at: string) => existsSync(path.join(at, projectFile));
  if (isTop(directory)) return true;
  const folders = directory.split(path.sep);
  return folders.some((folder, index) => {
    return folder === "flags" && isTop(folders.slice(0, index).join(path.sep) || path.sep);
  });
}
