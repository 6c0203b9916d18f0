import { createHash } from "node:crypto";

/** The id that git gives an object, in a repository whose ids are as long as `sample`. */
export function objectId(type: "blob" | "commit" | "tree", text: string, sample: string): string {
  const hash = createHash(sample.length === 64 ? "sha256" : "sha1");
  return hash.update(`${type} ${Buffer.byteLength(text)}\0${text}`).digest("hex");
}
