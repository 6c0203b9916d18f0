/**
 * Changes that wait for a review, as pull requests on GitHub. Nothing is kept here: branch and pull
 * request are found by the change itself, so whoever asks again finds them, or what is missing of them
 * is made.
 */
import { setTimeout as pause } from "node:timers/promises";
import { flagOfProposalBranch, labelsOf } from "../../schema/change/proposal.ts";
import { WriteUnavailableError } from "../git/unavailable.ts";
import { GitHubError } from "../github/error.ts";
import type { GitHub } from "../github/github.ts";
import { once } from "../github/once.ts";
import type { FlagStore } from "../writes/flag-store.ts";
import { type Proposal, textOf } from "../writes/proposal.ts";
import { KnownPulls, type ListedPull } from "./known-pulls.ts";
import { asChange, type ProposedChange, type Pull } from "./proposed-change.ts";
import { Recent } from "./recent.ts";

/** How many may wait for GitHub at once. */
const most = 50;
/** For how long an answer about a pull request may be told again, in milliseconds. */
const fresh = 5_000;

/** The share of GitHub's quota that is kept for writes. */
const reservedShare = 0.2;

export class PullRequests {
  readonly #store: FlagStore;
  readonly #github: GitHub;
  readonly #base: string;
  readonly #patience: number;
  /** By branch: who asks for the same meanwhile waits for the same. */
  readonly #running = new Map<string, Promise<ProposedChange>>();
  /** By number. What is merged stays merged. */
  readonly #found = new Recent<number, ProposedChange | undefined>(
    (change) => (change?.status === "merged" ? Number.POSITIVE_INFINITY : fresh),
    1_000,
  );
  readonly #known = new KnownPulls(() => this.#listPulls());
  #trouble: string | undefined;

  /** `base` is the branch that changes land on. `patience` is how long to let a client wait, in milliseconds. */
  constructor(store: FlagStore, github: GitHub, base: string, patience = 10_000) {
    this.#store = store;
    this.#github = github;
    this.#base = base;
    this.#patience = patience;
  }

  /** Why GitHub could not be used the last time; nothing where it could. */
  get trouble(): string | undefined {
    return this.#trouble;
  }

  /** The pull request for a change: the one that is open, or a new one. Throws `WriteUnavailableError`. */
  async propose(proposal: Proposal): Promise<ProposedChange> {
    const { branch } = proposal;
    if (!this.#running.has(branch) && this.#running.size >= most)
      throw new WriteUnavailableError("Cannot propose the change: too many wait for GitHub");
    const running = this.#running.get(branch) ?? this.#watch(this.#propose(proposal));
    this.#running.set(branch, running);
    const forget = () => this.#running.delete(branch);
    running.then(forget, forget);

    const late = new AbortController();
    const giveUp = pause(this.#patience, undefined, { signal: late.signal, ref: false }).then(
      () => {
        throw new WriteUnavailableError(
          "Cannot tell whether the pull request is open yet: ask again",
        );
      },
    );
    return Promise.race([running, giveUp]).finally(() => {
      giveUp.catch(() => {});
      late.abort();
    });
  }

  /**
   * Up to 5 s old; `undefined` if no change has this pull request. When little is left of GitHub's quota,
   * only a `isPrivileged` caller may use it: the rest is for writes. Throws `WriteUnavailableError`.
   */
  find(id: number, isPrivileged: boolean): Promise<ProposedChange | undefined> {
    const { remainingShare, resetSeconds } = this.#github.quota;
    if (!isPrivileged && remainingShare < reservedShare) {
      const message =
        "Cannot look up the change: the rest of GitHub's quota is reserved for writes";
      return Promise.reject(new WriteUnavailableError(message, { retryAfter: resetSeconds }));
    }
    return this.#found.get(id, () => this.#watch(this.#findKnown(id)));
  }

  async #findKnown(id: number): Promise<ProposedChange | undefined> {
    return (await this.#known.has(id)) ? this.#find(id) : undefined;
  }

  async *#listPulls(): AsyncGenerator<ListedPull> {
    const query = { state: "all", base: this.#base, sort: "created", direction: "desc" } as const;
    const pulls = this.#github.list("read the pull requests", (rest, page) =>
      rest.pulls.list({ ...page, ...query }),
    );
    for await (const { number, head } of pulls)
      yield { number, isProposal: flagOfProposalBranch(head.ref) !== undefined };
  }

  async #find(id: number): Promise<ProposedChange | undefined> {
    try {
      const pull: Pull = await this.#github.do(`read #${id}`, (rest, where) =>
        rest.pulls.get({ ...where, pull_number: id }),
      );
      const { head, base } = pull;
      // Both as GitHub spells it: whoever set GITHUB_REPOSITORY may have written it in another case.
      const isHere = head.repo?.full_name === base.repo.full_name;
      const isOurs = isHere && base.ref === this.#base;
      const flag = isOurs ? flagOfProposalBranch(head.ref) : undefined;
      return flag === undefined ? undefined : asChange(pull, flag);
    } catch (error) {
      if (error instanceof GitHubError && error.status === 404) return undefined;
      throw error;
    }
  }

  async #propose(proposal: Proposal): Promise<ProposedChange> {
    const open = await this.#findOpen(proposal);
    const commit = await this.#store.propose(proposal, open !== undefined);
    const pull = open ?? (await this.#open(proposal, commit));
    this.#known.add(pull.number);
    await this.#label(pull, labelsOf(proposal.environments));
    return asChange(pull, proposal.flag);
  }

  async #findOpen({ branch }: Proposal): Promise<Pull | undefined> {
    const { owner } = this.#github;
    const query = { state: "open", head: `${owner}:${branch}`, base: this.#base } as const;
    const pulls: Pull[] = await this.#github.do("read the pull requests", (rest, where) =>
      rest.pulls.list({ ...where, ...query }),
    );
    return pulls.find(({ head }) => head.ref === branch);
  }

  async #open(proposal: Proposal, commit: string): Promise<Pull> {
    const { subject: title, branch: head } = proposal;
    const pull = { title, head, base: this.#base, body: textOf(proposal, commit) };
    const find = () => this.#findOpen(proposal);
    const create = (): Promise<Pull> =>
      this.#github.do("open a pull request", (rest, where) =>
        rest.pulls.create({ ...where, ...pull }),
      );
    try {
      return (await once(find, create)).item;
    } catch (error) {
      // Another server was faster.
      const twin = error instanceof GitHubError && error.status === 422 ? await find() : undefined;
      if (twin) return twin;
      throw error;
    }
  }

  async #label({ number, labels: present }: Pull, wanted: readonly string[]): Promise<void> {
    const labels = wanted.filter((label) => !present.some(({ name }) => name === label));
    if (labels.length === 0) return;
    await this.#github.do(`label #${number}`, (rest, where) =>
      rest.issues.addLabels({ ...where, issue_number: number, labels }),
    );
  }

  /** Keeps what is wrong with GitHub for the operator, and tells the client less. */
  async #watch<T>(work: Promise<T>): Promise<T> {
    try {
      const result = await work;
      this.#trouble = undefined;
      return result;
    } catch (error) {
      if (!(error instanceof GitHubError)) throw error;
      this.#trouble = error.message;
      const { status, retryAfter } = error;
      const what = status === 0 ? "does not answer" : `answers ${status}`;
      const message = `Cannot reach the pull requests: GitHub ${what}`;
      throw new WriteUnavailableError(message, { cause: error, retryAfter });
    }
  }
}
