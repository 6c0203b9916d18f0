/** Reads the commits of a clone: completely, or what changed since the snapshot before. */
import type { Snapshot, Timestamp } from "../../schema/flag/snapshot.ts";
import type { Page } from "../history/change-index.ts";
import { type ChangePage, type ChangeQuery, queryChanges } from "../history/change-query.ts";
import type { VerifyCommit } from "../history/commit-attribution.ts";
import type { FlagChange } from "../history/flag-changes.ts";
import { readLastToggled } from "../history/last-toggled.ts";
import type { CreatedCommit } from "../remote/commits.ts";
import { applyCommitsToSnapshot } from "../snapshot/apply-commits.ts";
import { type Reading, Repository } from "../snapshot/repository.ts";

/** Number of incremental updates after which a commit is read completely, so that the next start finds it in the cache. */
const maxUpdates = 500;

export class CommitReader {
  readonly #directory: string;
  readonly #repository: Repository;
  /** Updates from changes alone since a commit was read completely. */
  #updates = 0;

  static async open(directory: string): Promise<CommitReader> {
    return new CommitReader(directory, await Repository.open(directory));
  }

  private constructor(directory: string, repository: Repository) {
    this.#directory = directory;
    this.#repository = repository;
  }

  /** Reads what changed since the snapshot `from`, or the complete commit. For `created` see `applyCommit()`. */
  async readNext(
    from: Snapshot | undefined,
    commit: string,
    created: readonly CreatedCommit[],
  ): Promise<Pick<Reading, "problems" | "snapshot">> {
    if (from?.commit === commit) return { snapshot: from, problems: [] };
    const isDue = this.#updates >= maxUpdates;
    const next =
      from && !isDue && (await applyCommitsToSnapshot(this.#directory, from, commit, created));
    this.#updates = next ? this.#updates + 1 : 0;
    return next ? { snapshot: next, problems: [] } : this.#repository.read(commit, "");
  }

  /** The snapshot of any commit of the clone; `undefined` if the commit is not valid. */
  async snapshotAt(commit: string): Promise<Snapshot | undefined> {
    return (await this.#repository.read(commit, "")).snapshot;
  }

  /** The changes of a flag up to `head`, as `Repository.changesOf()`. */
  changesOf(head: string, name: string, page: Page, verify: VerifyCommit): Promise<FlagChange[]> {
    return this.#repository.changesOf(head, name, page, verify);
  }

  /** The changes of all flags up to `head`. */
  async queryChanges(head: string, query: ChangeQuery, verify: VerifyCommit): Promise<ChangePage> {
    const index = await this.#repository.changesAt(head);
    return queryChanges(this.#directory, index, query, verify);
  }

  /** Since when flags are decided as they are at `head`, by name. */
  async lastToggled(head: string, names: readonly string[]): Promise<Map<string, Timestamp>> {
    return readLastToggled(this.#directory, await this.#repository.changesAt(head), names);
  }
}
