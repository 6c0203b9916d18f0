/** Commits of the API: those whose message one of our keys signed. */
import { type SignedMessage, verifyMessage } from "../../schema/change/commit-signature.ts";
import { type LogCommit, readLog } from "../git/log.ts";

export interface SignedCommit extends SignedMessage {
  readonly commit: string;
}

/** A commit of the API changes few files. The commit of a merge may have more, which are other changes. */
const maxChanges = 1_000;

/** Those of the commits that one of `keys` signed, in their order. */
export async function verifyCommits(
  directory: string,
  ids: readonly string[],
  keys: readonly string[],
): Promise<SignedCommit[]> {
  const signed = new Map<string, SignedMessage>();
  // One by one: a commit with too many changes ends the reading.
  const options = { walk: "given", maxChanges } as const;
  let from = [...ids];
  while (from.length > 0) {
    let last = "";
    for await (const commit of readLog(directory, { ...options, from })) {
      last = commit.id;
      const message = verifyCommit(commit, keys);
      if (message) signed.set(commit.id, message);
    }
    from = last === "" ? [] : from.slice(from.indexOf(last) + 1);
  }
  return ids.flatMap((commit) => {
    const message = signed.get(commit);
    return message ? [{ commit, ...message }] : [];
  });
}

/** What a commit that was read with its changes says, if one of `keys` signed it. */
export function verifyCommit(
  { message, changes }: LogCommit,
  keys: readonly string[],
): SignedMessage | undefined {
  const files = changes.map(({ file, before = "", object: after = "" }) => ({
    file,
    before,
    after,
  }));
  return verifyMessage(message, files, keys);
}
