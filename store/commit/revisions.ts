/** Names of commits in a clone, and relations between commits. */
import { projectFile } from "../../schema/project/project.ts";
import { listSome } from "../../schema/text/show.ts";
import { readGit } from "../git/git.ts";
import { readObjects } from "../git/objects.ts";

/** `older`: an ancestor. `newer`: a descendant. `unrelated`: neither, as on diverged branches. */
export type Relation = "same" | "older" | "newer" | "unrelated" | "unknown";

const firstCommitHint = `; create the first one with "git add --all" and "git commit"`;
const fetchHint = `; this clone has no branches: run "git fetch origin"`;

/** The branches of a clone, or those of its remote if it has none. */
interface Branches {
  readonly names: readonly string[];
  /** Where changes are probably merged: the remote's default branch, or the only one beside the current. */
  readonly trunk: string | undefined;
}

/** No commit has the name `revision`. */
export class RevisionError extends Error {
  override readonly name = "RevisionError";
  readonly revision: string;
  /** Missing if `revision` is no name of a branch, or if there are no branches. */
  readonly branches: Branches | undefined;

  constructor(message: string, revision: string, branches?: Branches) {
    super(message);
    this.revision = revision;
    this.branches = branches;
  }
}

/**
 * The full id of the commit that `revision` names: `HEAD`, a branch, a tag, a short id, each with
 * `~` and `^` behind it. A branch is found before a tag of its name, the clone's own before the
 * remote's. Throws `RevisionError` if there is no such commit.
 */
export async function resolveRevision(directory: string, revision: string): Promise<string> {
  const [name = ""] = /^[^~^:@]*/.exec(revision) ?? [];
  // Git itself prefers a tag.
  const isPlain = name !== "" && name !== "HEAD" && !name.startsWith("refs/");
  const folders = isPlain ? ["refs/heads/", "refs/remotes/", "refs/remotes/origin/", ""] : [""];
  // A line feed would end the name.
  const wanted = /[\0\n]/.test(revision) ? [] : folders.map((folder) => folder + revision);
  const names = wanted.map((candidate) => `${candidate}^{commit}`);
  const [commit] = await findCommits(directory, names).catch(() => []);
  if (commit !== undefined) return commit;
  const failure = `Cannot find "${revision}" in "${directory}": there is no such commit`;
  if (revision === "HEAD") throw new RevisionError(failure + firstCommitHint, revision);
  if (!isPlain || /^[0-9a-f]{7,}$/.test(name)) throw new RevisionError(failure, revision);
  const branches = await readBranches(directory);
  if (branches.names.length > 0) {
    const some = listSome(branches.names, 5);
    throw new RevisionError(`${failure}; branches here: ${some}`, revision, branches);
  }
  const [head] = await findCommits(directory, ["HEAD^{commit}"]).catch(() => []);
  throw new RevisionError(failure + (head ? fetchHint : firstCommitHint), revision);
}

async function findCommits(directory: string, names: readonly string[]): Promise<string[]> {
  const ids: string[] = [];
  for await (const { type, id } of readObjects(directory, names, 0))
    if (type === "commit") ids.push(id);
  return ids;
}

async function readBranches(directory: string): Promise<Branches> {
  const format = "--format=%(refname:lstrip=1)%00%(symref:lstrip=3)%00%(HEAD)";
  const args = ["for-each-ref", format, "refs/heads/", "refs/remotes/origin/"];
  const answer = await readGit(directory, args).catch(() => "");
  const branches = answer.split("\n").flatMap((line) => {
    const [, isOwn, name, target, mark] = /^(?:(heads)|remotes)\/(.*)\0(.*)\0(.)$/.exec(line) ?? [];
    return name ? [{ isOwn: isOwn !== undefined, name, target, isCurrent: mark === "*" }] : [];
  });
  const own = branches.filter(({ isOwn }) => isOwn);
  const named = own.length > 0 ? own : branches.filter(({ target }) => !target);
  const others = named.filter(({ isCurrent }) => !isCurrent);
  const [only, ...more] = others.length > 0 ? others : named;
  const ofRemote = branches.find(({ target }) => target)?.target;
  return {
    names: named.map(({ name }) => name),
    trunk: ofRemote ?? (more.length === 0 ? only?.name : undefined),
  };
}

/** The relation of commit `a` to commit `b`; `unknown` if the clone lacks one of them. */
export async function relateCommits(directory: string, a: string, b: string): Promise<Relation> {
  if (a === b) return "same";
  const args = ["rev-list", "--left-right", "--count", "--end-of-options", `${a}...${b}`];
  const answer = await readGit(directory, args).catch(() => undefined);
  if (answer === undefined) return "unknown";
  const [onlyA, onlyB] = answer.trim().split("\t");
  if (onlyA === "0") return "older";
  return onlyB === "0" ? "newer" : "unrelated";
}

/** The newest commit that `base` and `head` share; `base` itself if they share no history. Takes full ids. */
export async function findFork(directory: string, base: string, head: string): Promise<string> {
  const args = ["merge-base", "--end-of-options", base, head];
  return (await readGit(directory, args).catch(() => "")).trim() || base;
}

const flagPaths = ["--", ":(top)flags", `:(top)${projectFile}`];

/** The commits up to `head` that changed files below `flags/`, or the project's: the newest `max`, newest first. */
export async function findFlagCommits(
  directory: string,
  head: string,
  max: number,
): Promise<string[]> {
  const args = ["rev-list", "--first-parent", `--max-count=${max}`, "--end-of-options", head];
  const answer = await readGit(directory, [...args, ...flagPaths]);
  return answer.split("\n").filter((commit) => commit !== "");
}

/** The files below `flags/`, and the project's, that differ in the work tree from `commit`; none if there is no work tree. */
export async function findUncommittedFiles(directory: string, commit: string): Promise<string[]> {
  const settings = ["--no-renames", "-O/dev/null", "--ignore-submodules=none", "--no-ext-diff"];
  const diff = ["diff", "--name-only", "--no-relative", "-z", ...settings, commit];
  const others = ["ls-files", "--others", "--full-name", "--exclude-standard", "-z"];
  const reading = [diff, others].map((args) => readGit(directory, [...args, ...flagPaths]));
  const answers = await Promise.all(reading).catch((error: Error) => {
    if (/must be run in a work tree/.test(error.message)) return [];
    throw error;
  });
  return answers
    .join("")
    .split("\0")
    .filter((file) => file !== "");
}
