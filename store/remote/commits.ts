import type { FileEdit } from "../../schema/change/change-set.ts";
import { identity } from "../../schema/change/commit-message.ts";
import { parseMessage } from "../../schema/change/parse-message.ts";
import { readGit } from "../git/git.ts";
import type { LogCommit } from "../git/log.ts";
import { signCommits } from "./signed.ts";
import type { Signer } from "./signer.ts";

/** A commit to be made. */
export interface NewCommit {
  /** None if the commit only records something in its message. */
  readonly files: readonly FileEdit[];
  readonly message: string;
  readonly author: { readonly name: string; readonly email: string };
  /** Seconds since 1970, author's and committer's. */
  readonly time: number;
}

/** A commit that was made. */
export interface CreatedCommit extends NewCommit {
  /** Full id. */
  readonly id: string;
  readonly parent: string;
}

/** The committer of the API's commits. */
const service = { name: "Bunting", email: "bunting@bunting.example" };

/** Whether the address of a committer is that of the service. */
export function isServerEmail(email: string): boolean {
  return email === service.email;
}

/** The trailer of commits that the service makes. Its value names the process that made them. */
export const instanceTrailer = "Bunting-Instance";
/** The trailer of commits that the service proposes on a branch of their own. Its value names the environments. */
export const proposalTrailer = "Bunting-Proposal";

/**
 * Whether the service made a commit on the branch itself, not as a proposal. Commits of versions
 * that wrote the trailer `Server` instead cannot be told apart, and do not count.
 */
export function isMadeOnBranch({ committer, message }: LogCommit): boolean {
  if (!isServerEmail(committer.email)) return false;
  const { trailers } = parseMessage(message);
  return trailers.has(instanceTrailer) && !trailers.has(proposalTrailer);
}

/**
 * Makes commits one after the other on `parent`, in git's objects only. No branch moves and no work tree
 * is touched; git's garbage collection removes objects that a crash leaves. With `signer`, each is signed.
 */
export async function createCommits(
  directory: string,
  parent: string,
  commits: readonly NewCommit[],
  signer?: Signer,
): Promise<CreatedCommit[]> {
  const stream = commits.map((commit, index) => [
    "commit refs/bunting/pending\n",
    `mark :${index + 1}\n`,
    `author ${person(commit.author)} ${commit.time} +0000\n`,
    `committer ${person(service)} ${commit.time} +0000\n`,
    data(commit.message),
    index === 0 ? `from ${parent}\n` : "",
    commit.files.map(fileChange).join(""),
    `get-mark :${index + 1}\n`,
  ]);
  const input = `reset refs/bunting/pending\n\n${stream.flat().join("")}done\n`;
  const args = ["--git-dir=.", "fast-import", "--quiet", "--force", "--done"];
  const made = (await readGit(directory, args, { input })).trimEnd().split("\n");
  const ids = signer ? await signCommits(directory, made, signer) : made;
  return commits.map((commit, index) => ({
    ...commit,
    id: ids[index] ?? "",
    parent: ids[index - 1] ?? parent,
  }));
}

function fileChange({ file, text }: FileEdit): string {
  return text === undefined ? `D ${file}\n` : `M 100644 inline ${file}\n${data(text)}`;
}

function person({ name, email }: { readonly name: string; readonly email: string }): string {
  return `${identity(name, "unknown")} <${identity(email, "unknown").replaceAll(" ", "")}>`;
}

function data(text: string): string {
  return `data ${Buffer.byteLength(text)}\n${text}\n`;
}
