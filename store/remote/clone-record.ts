/** Facts about a clone, kept in it for the next process. */
import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { WaitingChange } from "../../schema/compile/manifest.ts";
import { ifExists } from "../files/if-exists.ts";
import { makeDirectory } from "../files/make-directory.ts";
import { inClone } from "./clone.ts";
import { instanceId } from "./instance-id.ts";

const refs = { accepted: "refs/bunting/head", valid: "refs/bunting/valid" } as const;
/** Each process fetches into its own ref, so that a fetch that outlives a killed process does not affect others. */
export const fetchedRef = `refs/bunting/fetched-${instanceId}`;

/** The file that names the remote and the branch. */
const sourceFile = "bunting-source.json";
/** The file with the release in which removals are held back. */
const heldFile = "bunting-held.json";

/**
 * Removes `fetchedRef` and returns its commit; `undefined` if there is no such ref. Git leaves the ref as
 * it is if it fetches nothing from a shallow remote, and that must not look like a branch without new
 * commits. The ref is never packed, because it exists only during a fetch.
 */
export function takeFetchedRef(directory: string): string | undefined {
  const file = path.join(directory, fetchedRef);
  const text = ifExists(() => readFileSync(file, "utf8"));
  rmSync(file, { force: true });
  return text?.trim() || undefined;
}

/** What a clone is made for. */
export interface CloneSource {
  readonly remote: string;
  readonly branch: string;
}

/** A served release in which removals are held back. */
export interface HeldRelease {
  readonly commit: string;
  readonly waiting: readonly WaitingChange[];
  /** Why they are held back. */
  readonly reason: string;
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
  #held: HeldRelease | undefined;

  constructor(directory: string, source: CloneSource) {
    this.#directory = directory;
    this.#source = source;
  }

  /**
   * Reads what earlier processes kept. Throws if the clone was made for another source, unless
   * `acceptRemote` is set: then the recorded commits are ignored.
   */
  async read(acceptRemote: boolean): Promise<void> {
    const { remote, branch } = this.#source;
    const found = readSource(this.#directory);
    const isOther = found && (found.remote !== remote || found.branch !== branch);
    if (isOther && !acceptRemote) throw otherSource(this.#directory, found, this.#source);
    const kept = await readRefs(this.#directory);
    if (isOther) return;
    this.#hasSource = found !== undefined;
    this.#valid = kept.get(refs.valid);
    this.#accepted = kept.get(refs.accepted) ?? this.#valid;
    this.#held = readHeld(this.#directory);
  }

  /** The newest commit that was seen on the remote and accepted. */
  get accepted(): string | undefined {
    return this.#accepted;
  }

  /** The newest commit that was served as it is. */
  get valid(): string | undefined {
    return this.#valid;
  }

  /** What was served after `valid`, while removals are held back. */
  get held(): HeldRelease | undefined {
    return this.#held;
  }

  /** Forgets all commits, so that any next one is accepted. The files stay until there are next ones. */
  forget(): void {
    this.#accepted = undefined;
    this.#valid = undefined;
    this.#held = undefined;
  }

  /** Returns whether the commit is a new one. */
  accept(commit: string): boolean {
    if (!this.#hasSource) keep(this.#directory, sourceFile, JSON.stringify(this.#source));
    this.#hasSource = true;
    if (commit === this.#accepted) return false;
    this.#accepted = commit;
    keep(this.#directory, refs.accepted, commit);
    return true;
  }

  /** Records that `commit` is served, as it is or as `held`. */
  remember(commit: string, held?: HeldRelease): void {
    this.#held = held;
    if (held) keep(this.#directory, heldFile, JSON.stringify(held));
    else discard(this.#directory, heldFile);
    if (held || commit === this.#valid) return;
    this.#valid = commit;
    keep(this.#directory, refs.valid, commit);
  }

  /** Writes everything into a new clone. */
  copyTo(draft: string): void {
    keep(draft, sourceFile, JSON.stringify(this.#source));
    if (this.#accepted) keep(draft, refs.accepted, this.#accepted);
    if (this.#valid) keep(draft, refs.valid, this.#valid);
    if (this.#held) keep(draft, heldFile, JSON.stringify(this.#held));
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

/** Missing in a clone that an earlier version of the program made, and if the file is damaged. */
function readSource(directory: string): CloneSource | undefined {
  const { remote, branch } = readFile(directory, sourceFile);
  const isWhole = typeof remote === "string" && typeof branch === "string";
  return isWhole ? { remote, branch } : undefined;
}

function readHeld(directory: string): HeldRelease | undefined {
  const { commit, waiting, reason } = readFile(directory, heldFile);
  const isWhole =
    typeof commit === "string" &&
    typeof reason === "string" &&
    Array.isArray(waiting) &&
    waiting.length > 0 &&
    waiting.every((one) => one?.change === "removal");
  return isWhole ? { commit, waiting, reason } : undefined;
}

/** What a file of the record holds; nothing if it is missing or damaged. */
function readFile(directory: string, name: string): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(readFileSync(path.join(directory, name), "utf8")) ?? {};
  } catch {
    return {};
  }
}

/** Writes a file in the clone. For a ref, this does what git does, in a hundredth of the time of a process. */
function keep(directory: string, name: string, text: string): void {
  const file = path.join(directory, name);
  try {
    makeDirectory(path.dirname(file));
    writeFileSync(`${file}.lock`, `${text}\n`);
    renameSync(`${file}.lock`, file);
  } catch {
    // The next process reads an older commit.
  }
}

function discard(directory: string, name: string): void {
  try {
    rmSync(path.join(directory, name), { force: true });
  } catch {
    // The next process holds back more.
  }
}
