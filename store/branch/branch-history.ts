/** The history of a branch up to its head. */
import type { Timestamp } from "../../schema/flag/snapshot.ts";
import type { Page } from "../history/change-index.ts";
import { type ChangePage, type ChangeQuery, queryChanges } from "../history/change-query.ts";
import type { CommitAttribution, VerifyCommit } from "../history/commit-attribution.ts";
import { type FlagChange, readFlagChanges } from "../history/flag-changes.ts";
import { readLastToggled } from "../history/last-toggled.ts";
import type { Repository } from "../snapshot/repository.ts";

export class BranchHistory {
  readonly #repository: Repository;
  readonly #head: () => string;
  readonly #verify: VerifyCommit;

  /** `head` returns the head of the branch; `""` before the first. */
  constructor(repository: Repository, head: () => string, verify: VerifyCommit) {
    this.#repository = repository;
    this.#head = head;
    this.#verify = verify;
  }

  /** The changes of a flag, the newest first. */
  async changesOf(name: string, page: Page): Promise<FlagChange[]> {
    const head = this.#head();
    return head === "" ? [] : this.#repository.changesOf(head, name, page, this.#verify);
  }

  /** The changes of all flags, the newest first. */
  async queryChanges(query: ChangeQuery): Promise<ChangePage> {
    const head = this.#head();
    if (head === "") return { changes: [] };
    const { directory } = this.#repository;
    return queryChanges(directory, await this.#repository.changesAt(head), query, this.#verify);
  }

  /** When the decision of each flag at a commit last changed, by name. */
  async lastToggled(commit: string, names: readonly string[]): Promise<Map<string, Timestamp>> {
    const index = await this.#repository.changesAt(commit);
    return readLastToggled(this.#repository.directory, index, names);
  }

  /** Of flags that are missing at a commit, those that a client of the API deleted, by the origin in the history. */
  async deletedByApi(commit: string, names: readonly string[]): Promise<Set<string>> {
    const { directory } = this.#repository;
    const index = await this.#repository.changesAt(commit);
    const newest = names.flatMap((name) => index.find(name, { limit: 1, skip: 0 }));
    const isByApi = ({ origin }: CommitAttribution) => origin === "api";
    const changes = await readFlagChanges(directory, newest, this.#verify, isByApi);
    return new Set(changes.map(({ flag }) => flag));
  }
}
