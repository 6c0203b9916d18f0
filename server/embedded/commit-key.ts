import { randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { type CommitKeys, parseCommitKeys } from "../../schema/change/commit-signature.ts";

/** The key in `data` that signs commits; made if there is none. */
export function embeddedCommitKeys(data: string): CommitKeys {
  const file = path.resolve(data, "commit.key");
  try {
    writeFileSync(file, `${randomBytes(32).toString("hex")}\n`, { mode: 0o600, flag: "wx" });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
  return parseCommitKeys(readFileSync(file, "utf8"), `"${file}"`);
}
