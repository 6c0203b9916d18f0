import path from "node:path";
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
  const { DirectoryTarget } = await import("./directory-target.ts");
  return new DirectoryTarget(path.resolve(name), name);
}
