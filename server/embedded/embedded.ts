/** What `bunting start` embeds if it is not configured: a remote, a tokens file and a commit key. */
import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { tokenEntry } from "../../schema/access/tokens.ts";
import { type CommitKeys, parseCommitKeys } from "../../schema/change/commit-signature.ts";
import { shortId } from "../../schema/text/show.ts";
import { readGit } from "../../store/git/git.ts";
import { clearOldLocks } from "../../store/remote/clone.ts";

/**
 * A bare repository in `data` whose branch starts at `head` of the checkout `directory`. Later commits of
 * the checkout are pushed to it as long as the API has not committed anything there.
 */
export async function embeddedRemote(
  directory: string,
  head: string,
  data: string,
  branch: string,
): Promise<{ remote: string; note?: string }> {
  const remote = path.resolve(data, "remote.git");
  if (!existsSync(remote))
    await readGit(directory, ["init", "--quiet", "--bare", `--initial-branch=${branch}`, remote]);
  // A crash in the middle of a push can leave locks behind.
  await clearOldLocks(remote);
  // Only its own hooks: the user's `core.hooksPath` is for other repositories.
  await readGit(remote, ["config", "--local", "core.hooksPath", "hooks"]);
  const hasMoved = await readGit(directory, ["push", remote, `${head}:refs/heads/${branch}`]).then(
    () => false,
    () => true,
  );
  if (!hasMoved) return { remote };
  return {
    remote,
    note: `It has commits of its own, so ${shortId(head)} was not pushed to it; to merge them, run "git pull --rebase ${path.relative(directory, remote)} ${branch}" and start again`,
  };
}

/** The tokens file in `data`. If it is made now, also returns the one token in it. */
export function embeddedTokens(data: string): { file: string; token?: string } {
  const file = path.resolve(data, "tokens.json");
  if (existsSync(file)) return { file };
  const admin = {
    id: "admin",
    name: "Admin",
    email: "admin@bunting.example",
    role: "admin",
  } as const;
  const { token, entry } = tokenEntry(randomBytes(24), admin);
  writeFileSync(file, `[\n  ${JSON.stringify(entry)}\n]\n`, { mode: 0o600 });
  return { file, token };
}

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
