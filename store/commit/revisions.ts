/** Names of commits in a clone, and relations between commits. */
import { readGit } from "../git/git.ts";
import { readObjects } from "../git/objects.ts";

/** `older`: an ancestor. `newer`: a descendant. `unrelated`: neither, as on diverged branches. */
export type Relation = "same" | "older" | "newer" | "unrelated" | "unknown";

const firstCommitHint = `; create the first one with "git add --all" and "git commit"`;

/**
 * The full id of the commit that `revision` names: `HEAD`, a branch, a tag, a short id, each with
 * `~` and `^` behind it. A branch is found before a tag of its name, the clone's own before the
 * remote's. Throws if there is no such commit.
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
  const isName = isPlain && !/^[0-9a-f]{7,}$/.test(name);
  const hint = revision === "HEAD" ? firstCommitHint : isName ? await nameBranches(directory) : "";
  throw new Error(`Cannot find "${revision}" in "${directory}": there is no such commit${hint}`);
}

async function findCommits(directory: string, names: readonly string[]): Promise<string[]> {
  const ids: string[] = [];
  for await (const { type, id } of readObjects(directory, names, 0))
    if (type === "commit") ids.push(id);
  return ids;
}

/** Some branches, for a message about a wrong one: many clones have `master` and no `main`. */
async function nameBranches(directory: string): Promise<string> {
  const args = ["for-each-ref", "--count=5", "--format=%(refname:lstrip=2)", "refs/heads/"];
  const answer = await readGit(directory, args).catch(() => "");
  const names = answer.split("\n").filter((name) => name !== "");
  return names.length === 0 ? firstCommitHint : `; branches here: ${names.join(", ")}`;
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

/** The files below `flags/` that differ in the work tree from `commit`; none if there is no work tree. */
export async function findUncommittedFiles(directory: string, commit: string): Promise<string[]> {
  const settings = ["--no-renames", "-O/dev/null", "--ignore-submodules=none", "--no-ext-diff"];
  const diff = ["diff", "--name-only", "--no-relative", "-z", ...settings, commit];
  const others = ["ls-files", "--others", "--full-name", "--exclude-standard", "-z"];
  const reading = [diff, others].map((args) => readGit(directory, [...args, "--", ":(top)flags"]));
  const answers = await Promise.all(reading).catch((error: Error) => {
    if (/must be run in a work tree/.test(error.message)) return [];
    throw error;
  });
  return answers
    .join("")
    .split("\0")
    .filter((file) => file !== "");
}
