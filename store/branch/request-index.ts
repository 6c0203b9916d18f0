import {
  type SignedMessage,
  signatureIn,
  unverifiedTrailer,
} from "../../schema/change/commit-signature.ts";
import { type EmergencyChange, emergencyTrailer } from "../../schema/change/emergency-change.ts";
import { type LogCommit, readLog } from "../git/log.ts";
import type { CreatedCommit } from "../remote/commits.ts";
import { verifyCommit, verifyCommits } from "../snapshot/signed-commits.ts";
import { emergencyChangeOf } from "./emergency-changes.ts";

/** How many of the newest commits are searched for keys at the start, and how many keys are kept. */
const maxCommitsScanned = 10_000;

/** How many of the newest commits are searched for emergency changes at the start, and how many changes are kept. */
const maxEmergencies = 1_000;

const keyTrailer = "Idempotency-Key";

/** A request that was answered before. */
export interface RecordedRequest {
  readonly commit: string;
  readonly fingerprint: string;
}

/**
 * The commits that servers made for requests, their idempotency keys and emergency changes, wherever in
 * the ancestry of the branch they are. The trailers of a message are verified only when they are used.
 */
export class RequestIndex {
  readonly #commitKeys: readonly string[];
  /** By signature, the oldest commit that has it. */
  readonly #firstCommits = new Map<string, string>();
  /** Commits by idempotency key, the oldest first. */
  readonly #claims = new Map<string, readonly string[]>();
  /** Commits that may be emergency changes, the oldest first. */
  readonly #emergencies = new Set<string>();

  /** `commitKeys` are the keys that commits of the API are signed with. */
  constructor(commitKeys: readonly string[]) {
    this.#commitKeys = commitKeys;
  }

  /** Reads the keys of all commits in the ancestry of `head`; of those that are not in `known`, if it is given. */
  async read(directory: string, head: string, known: string | undefined): Promise<void> {
    const found: Claim[] = [];
    let count = 0;
    // Along all parents: a pull with a merge makes the branch the second parent.
    const options = { from: [head], after: known, maxCount: maxCommitsScanned };
    for await (const { id, message } of readLog(directory, options)) {
      count += 1;
      const claim = claimIn(id, message);
      if (claim.signature === "") continue;
      found.push({ ...claim, isEmergency: claim.isEmergency && count <= maxEmergencies });
    }
    this.#keep(found.reverse());
  }

  /** Adds commits that this server has just made, the oldest first. */
  add(commits: readonly CreatedCommit[]): void {
    this.#keep(commits.map(({ id, message }) => claimIn(id, message)));
  }

  /**
   * The oldest first, so that the oldest are forgotten first. Commits are read again after a failure to
   * read their files.
   */
  #keep(claims: readonly Claim[]): void {
    for (const { signature, key, commit, isEmergency } of claims) {
      if (isEmergency) this.#emergencies.add(commit);
      if (!this.#firstCommits.has(signature)) this.#firstCommits.set(signature, commit);
      if (key !== "") this.#claims.set(key, [...(this.#claims.get(key) ?? []), commit]);
    }
    forgetOldest(this.#firstCommits, maxCommitsScanned);
    forgetOldest(this.#claims, maxCommitsScanned);
    forgetOldest(this.#emergencies, maxEmergencies);
  }

  /** What a commit says, if one of our servers made it. The commit must have its changes. */
  verify(commit: LogCommit): SignedMessage | undefined {
    const signed = verifyCommit(commit, this.#commitKeys);
    const first = signed && this.#firstCommits.get(signed.signature);
    // A copy of a server's commit has a valid signature, but nobody requested it.
    return first === undefined || first === commit.id ? signed : undefined;
  }

  /** The newest changes that were made without the required review, the newest first. */
  async emergencyChanges(directory: string): Promise<EmergencyChange[]> {
    const ids = [...this.#emergencies].reverse();
    const signed = await verifyCommits(directory, ids, this.#commitKeys);
    return signed.flatMap((commit) => emergencyChangeOf(commit) ?? []);
  }

  /** The requests that had one of `keys`, by key. */
  async find(
    directory: string,
    keys: readonly string[],
  ): Promise<ReadonlyMap<string, RecordedRequest>> {
    const claims = keys.flatMap((key) => this.#claims.get(key) ?? []);
    const signed = await verifyCommits(directory, claims, this.#commitKeys);
    const recorded = new Map<string, RecordedRequest>();
    for (const { commit, trailers } of signed) {
      const [key = "", fingerprint = ""] = (trailers.get(keyTrailer) ?? "").split(" ");
      // The oldest is the request; a later one is a copy of its commit.
      if (!recorded.has(key)) recorded.set(key, { commit, fingerprint });
    }
    return recorded;
  }
}

/** What the message of a commit claims. */
interface Claim {
  readonly signature: string;
  readonly key: string;
  readonly isEmergency: boolean;
  readonly commit: string;
}

function claimIn(commit: string, message: string): Claim {
  const [key = ""] = unverifiedTrailer(message, keyTrailer).split(" ");
  const isEmergency = unverifiedTrailer(message, emergencyTrailer) !== "";
  return { signature: signatureIn(message), key, isEmergency, commit };
}

/** Keeps the newest entries. */
function forgetOldest(entries: Map<string, unknown> | Set<string>, max: number): void {
  for (const key of entries.keys()) {
    if (entries.size <= max) return;
    entries.delete(key);
  }
}
