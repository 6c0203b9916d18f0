/**
 * Proposed changes as pull requests on GitHub. Nothing is stored here: the effect of a change gives
 * the name of its branch, so a repeated request finds the branch and the pull request, or makes what
 * is missing.
 */
import { setTimeout as pause } from "node:timers/promises";
import { LRUCache } from "lru-cache";
import { flagOfProposalBranch, labelsOf } from "../../schema/change/proposal.ts";
import { GitHubError, isStatus } from "../github/error.ts";
import type { GitHub } from "../github/github.ts";
import { once } from "../github/once.ts";
import { WriteUnavailableError } from "../remote/unavailable.ts";
import type { FlagStore } from "../writes/flag-store.ts";
import { formatProposal, type Proposal } from "../writes/proposal.ts";
import { findProposal, listOpenProposals, listPulls } from "./find-proposals.ts";
import { KnownPulls, type ListedPull } from "./known-pulls.ts";
import { asChange, type ProposedChange, type Pull } from "./proposed-change.ts";

/** How many proposals may wait for GitHub at once, and how many of one actor. */
const limits = { total: 50, perActor: 25 };
/** How long and how many answers about pull requests are kept. */
const maxAgeMs = 5_000;
const maxAnswers = 1_000;

/** The share of GitHub's quota that is kept for writes. */
const reservedShare = 0.2;

export class PullRequests {
  readonly #store: FlagStore;
  readonly #github: GitHub;
  readonly #base: string;
  readonly #timeoutMs: number;
  /** By branch: equal requests share one proposal. */
  readonly #running = new Map<string, { actor: string; result: Promise<ProposedChange> }>();
  /** By number: the proposal, or nothing if the pull request is not one. By `open`: all open proposals. */
  readonly #answers = new LRUCache<number | "open", readonly ProposedChange[]>({
    max: maxAnswers,
    ttl: maxAgeMs,
    // Requests that wait for an answer get it, even if the cache is full.
    ignoreFetchAbort: true,
    fetchMethod: async (key, _, { options }) => {
      if (key === "open") return this.#watch(listOpenProposals(this.#github, this.#base));
      const change = await this.#watch(this.#findKnown(key));
      // A merged pull request stays merged.
      if (change?.status === "merged") options.ttl = 0;
      return change ? [change] : [];
    },
  });
  readonly #known = new KnownPulls(() => this.#listPulls());
  #problem: string | undefined;

  /** `base` is the branch that changes are merged into. `timeoutMs` is how long a client waits. */
  constructor(store: FlagStore, github: GitHub, base: string, timeoutMs = 10_000) {
    this.#store = store;
    this.#github = github;
    this.#base = base;
    this.#timeoutMs = timeoutMs;
  }

  /** Why GitHub could not be used the last time; `undefined` if it could. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** The pull request for a change: the one that is open, or a new one. Throws `WriteUnavailableError`. */
  async propose(proposal: Proposal): Promise<ProposedChange> {
    const running = this.#running.get(proposal.branch)?.result ?? this.#start(proposal);

    const late = new AbortController();
    const timeout = pause(this.#timeoutMs, undefined, { signal: late.signal, ref: false }).then(
      () => {
        throw new WriteUnavailableError(
          "Cannot tell whether the pull request is open yet: ask again",
        );
      },
    );
    return Promise.race([running, timeout]).finally(() => {
      timeout.catch(() => {});
      late.abort();
    });
  }

  /**
   * Up to 5 s old; `undefined` if no change has this pull request. When little is left of GitHub's quota,
   * only an `isPrivileged` caller may use it: the rest is for writes. Throws `WriteUnavailableError`.
   */
  async find(id: number, isPrivileged: boolean): Promise<ProposedChange | undefined> {
    this.#checkQuota(isPrivileged);
    const [change] = await this.#answers.forceFetch(id);
    return change;
  }

  /** The open proposals, the newest first, up to 5 s old. The quota is reserved as in `find()`. */
  async findOpenProposals(isPrivileged: boolean): Promise<readonly ProposedChange[]> {
    this.#checkQuota(isPrivileged);
    return this.#answers.forceFetch("open");
  }

  #checkQuota(isPrivileged: boolean): void {
    const { remainingShare, resetSeconds } = this.#github.quota;
    if (isPrivileged || remainingShare >= reservedShare) return;
    const message = "Cannot read changes: the rest of GitHub's quota is reserved for writes";
    throw new WriteUnavailableError(message, { retryAfter: resetSeconds });
  }

  async #findKnown(id: number): Promise<ProposedChange | undefined> {
    return (await this.#known.has(id)) ? findProposal(this.#github, this.#base, id) : undefined;
  }

  async *#listPulls(): AsyncGenerator<ListedPull> {
    for await (const { number, head } of listPulls(this.#github, this.#base, "all"))
      yield { number, isProposal: flagOfProposalBranch(head.ref) !== undefined };
  }

  #start(proposal: Proposal): Promise<ProposedChange> {
    const { branch, requester } = proposal;
    const actor = requester.actor.id;
    const all = [...this.#running.values()];
    const own = all.filter((one) => one.actor === actor).length;
    if (all.length >= limits.total || own >= limits.perActor)
      throw new WriteUnavailableError("Cannot propose the change: too many wait for GitHub");
    const result = this.#watch(this.#propose(proposal));
    this.#running.set(branch, { actor, result });
    const forget = () => this.#running.delete(branch);
    result.then(forget, forget);
    return result;
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
    const query = { state: "open", base: this.#base } as const;
    const pulls: Pull[] = await this.#github.do("read the pull requests", (rest, where) =>
      rest.pulls.list({ ...where, ...query, head: `${where.owner}:${branch}` }),
    );
    const pull = pulls.find(({ head }) => head.ref === branch);
    if (!pull || pull.user?.login === (await this.#github.login())) return pull;
    // Somebody else wrote its text, which may describe another change than the reviewers approve.
    const found = `#${pull.number} of ${pull.user?.login ?? "somebody else"} has its branch`;
    throw new WriteUnavailableError(`Cannot propose the change: ${found}; close it first`);
  }

  async #open(proposal: Proposal, commit: string): Promise<Pull> {
    const { subject: title, branch: head } = proposal;
    const pull = { title, head, base: this.#base, body: formatProposal(proposal, commit) };
    const find = () => this.#findOpen(proposal);
    const create = (): Promise<Pull> =>
      this.#github.do("open a pull request", (rest, where) =>
        rest.pulls.create({ ...where, ...pull }),
      );
    try {
      return (await once(find, create)).item;
    } catch (error) {
      // Another server has just opened it.
      const existing = isStatus(error, 422) ? await find() : undefined;
      if (existing) return existing;
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

  /** Keeps GitHub's error for the operator; the client's error says less. */
  async #watch<T>(work: Promise<T>): Promise<T> {
    try {
      const result = await work;
      this.#problem = undefined;
      return result;
    } catch (error) {
      if (!(error instanceof GitHubError)) throw error;
      this.#problem = error.message;
      const { status, retryAfter } = error;
      const what = status === 0 ? "does not answer" : `answers ${status}`;
      const message = `Cannot reach the pull requests: GitHub ${what}`;
      throw new WriteUnavailableError(message, { cause: error, retryAfter });
    }
  }
}
