/** Facts about a clone, kept in its refs and configuration for the next process. */
import { rmSync } from "node:fs";
import path from "node:path";
import { inClone } from "./clone.ts";
import { instanceId } from "./instance-id.ts";

const refs = { accepted: "refs/bunting/head", valid: "refs/bunting/valid" } as const;
/** Each process fetches into its own ref, so that a fetch that outlives a killed process disturbs no other. */
export const fetchedRef = `refs/bunting/fetched-${instanceId}`;

/**
 * Removes the ref of the fetch before: git leaves it as it is if it fetches nothing from a shallow
 * remote, and that must not look like a branch without news. It is a file unless git packed it.
 */
export function removeFetchedRef(directory: string): void {
  rmSync(path.join(directory, fetchedRef), { force: true });
}

/** The commit of the last fetch; `undefined` if git wrote no ref. */
export async function readFetchedRef(directory: string): Promise<string | undefined> {
  const args = ["rev-parse", "--verify", "--quiet", fetchedRef];
  const answer = await inClone(directory, args).catch(() => "");
  return answer.trim() || undefined;
}

/** What a clone is made for. */
export interface CloneSource {
  readonly remote: string;
  readonly branch: string;
}

/**
 * The commits and the source that are recorded in a clone. If they cannot be written (a full disk), the
 * next process has less information, which does no harm.
 */
export class CloneRecord {
  readonly #directory: string;
  readonly #source: CloneSource;
  #hasSource = false;
  #accepted: string | undefined;
  #valid: string | undefined;

  /**
   * Reads what earlier processes kept. Throws if the clone was made for another source, unless
   * `acceptRemote` is set: then the recorded commits are ignored.
   */
  static async read(
    directory: string,
    source: CloneSource,
    acceptRemote: boolean,
  ): Promise<CloneRecord> {
    const record = new CloneRecord(directory, source);
    const found = await readSource(directory);
    const isOther = found && (found.remote !== source.remote || found.branch !== source.branch);
    if (isOther && !acceptRemote) throw otherSource(directory, found, source);
    const kept = await readRefs(directory);
    if (isOther) return record;
    record.#hasSource = found !== undefined;
    record.#valid = kept.get(refs.valid);
    record.#accepted = kept.get(refs.accepted) ?? record.#valid;
    return record;
  }

  private constructor(directory: string, source: CloneSource) {
    this.#directory = directory;
    this.#source = source;
  }

  /** The newest commit that was seen on the remote and accepted. */
  get accepted(): string | undefined {
    return this.#accepted;
  }

  /** The newest commit whose flags were valid. */
  get valid(): string | undefined {
    return this.#valid;
  }

  forget(): void {
    this.#accepted = undefined;
  }

  /** Returns whether the commit is a new one. */
  async accept(commit: string): Promise<boolean> {
    if (!this.#hasSource) await keepSource(this.#directory, this.#source);
    this.#hasSource = true;
    if (commit === this.#accepted) return false;
    this.#accepted = commit;
    await keepCommit(this.#directory, refs.accepted, commit);
    return true;
  }

  async remember(commit: string): Promise<void> {
    if (commit === this.#valid) return;
    this.#valid = commit;
    await keepCommit(this.#directory, refs.valid, commit);
  }

  /** Writes everything into a new clone. */
  async copyTo(draft: string): Promise<void> {
    await keepSource(draft, this.#source);
    if (this.#accepted) await keepCommit(draft, refs.accepted, this.#accepted);
    if (this.#valid) await keepCommit(draft, refs.valid, this.#valid);
  }
}

function otherSource(directory: string, found: CloneSource, wanted: CloneSource): Error {
  const hint =
    "correct FLAGS_REMOTE and FLAGS_BRANCH, set FLAGS_DATA to another directory, or start with --accept-remote";
  return new Error(
    `Cannot use "${directory}": it is a clone of the branch "${found.branch}" of "${found.remote}", ` +
      `but the settings name the branch "${wanted.branch}" of "${wanted.remote}"; ${hint}`,
  );
}

/** Commits by ref. The refs into which earlier processes fetched are removed. */
async function readRefs(directory: string): Promise<Map<string, string>> {
  const args = ["for-each-ref", "--format=%(refname) %(objectname)", "refs/bunting/"];
  const answer = await inClone(directory, args).catch(() => "");
  const found = new Map(answer.split("\n").map((line) => line.split(" ") as [string, string]));
  const old = [...found.keys()].filter((ref) => ref.startsWith("refs/bunting/fetched"));
  if (old.length > 0) {
    const input = old.map((ref) => `delete ${ref}\n`).join("");
    await inClone(directory, ["update-ref", "--stdin"], { input }).catch(() => {});
  }
  return found;
}

/** Missing in a clone that an earlier version of the program made. */
async function readSource(directory: string): Promise<CloneSource | undefined> {
  const args = ["config", "--local", "--null", "--get-regexp", "^bunting\\."];
  const answer = await inClone(directory, args).catch(() => "");
  const settings = new Map(
    answer.split("\0").map((entry) => entry.split("\n") as [string, string]),
  );
  const [remote, branch] = [settings.get("bunting.remote"), settings.get("bunting.branch")];
  return remote !== undefined && branch !== undefined ? { remote, branch } : undefined;
}

async function keepCommit(directory: string, ref: string, commit: string): Promise<void> {
  await inClone(directory, ["update-ref", ref, commit]).catch(() => {});
}

async function keepSource(directory: string, { remote, branch }: CloneSource): Promise<void> {
  await inClone(directory, ["config", "--local", "bunting.remote", remote]).catch(() => {});
  await inClone(directory, ["config", "--local", "bunting.branch", branch]).catch(() => {});
}
