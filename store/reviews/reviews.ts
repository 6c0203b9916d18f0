import { setTimeout as pause } from "node:timers/promises";
import { type EmergencyChange, reviewLabel } from "../../schema/change/emergency-change.ts";
import { describeReview, markerOf } from "../../schema/github/review-issue.ts";
import { GitHubError } from "../github/error.ts";
import type { GitHub } from "../github/github.ts";
import { once } from "../github/once.ts";
import type { FlagStore } from "../writes/flag-store.ts";

/** The pause after a failure: the first, and the longest. */
const backOffMs = { first: 1_000, longest: 60_000 };

/** An issue that was opened, or why it could not be. */
export type ReviewEvent =
  | { readonly commit: string; readonly issue: string }
  | { readonly commit: string; readonly error: string };

/**
 * Opens an issue for each emergency change, in the background, and retries until it succeeds. Git has
 * the changes and GitHub has the issues, so a restart loses nothing.
 */
export class Reviews {
  readonly #store: Pick<FlagStore, "emergencyChanges">;
  readonly #github: GitHub;
  readonly #report: (event: ReviewEvent) => void;
  readonly #done = new Set<string>();
  readonly #stop = new AbortController();
  #waiting: readonly EmergencyChange[] = [];
  #problem: string | undefined;
  #wanted = false;
  #running: Promise<void> | undefined;

  constructor(
    store: Pick<FlagStore, "emergencyChanges">,
    github: GitHub,
    report: (event: ReviewEvent) => void,
  ) {
    this.#store = store;
    this.#github = github;
    this.#report = report;
  }

  /** Number of known emergency changes without an issue. */
  get backlog(): number {
    return this.#waiting.length;
  }

  /** Why they have none; `undefined` if there are none. */
  get problem(): string | undefined {
    const { length } = this.#waiting;
    if (length === 0 || this.#problem === undefined) return undefined;
    return `${length} emergency changes without an issue for their review: ${this.#problem}`;
  }

  /** Checks for emergency changes without an issue. */
  check(): void {
    this.#wanted = true;
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
      if (this.#wanted && !this.#stop.signal.aborted) this.check();
    });
  }

  /** Finishes the current issue and opens no more. */
  async close(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    for (
      let waitMs = backOffMs.first;
      !signal.aborted;
      waitMs = Math.min(backOffMs.longest, waitMs * 2)
    ) {
      this.#wanted = false;
      const retryAfter = await this.#attempt();
      if (retryAfter === undefined) return;
      // Ends early when the server stops.
      await pause(Math.max(waitMs, retryAfter * 1_000), undefined, { signal, ref: false }).catch(
        () => {},
      );
    }
  }

  /** Returns `undefined` if all issues are open; otherwise the seconds to wait by GitHub's answer. */
  async #attempt(): Promise<number | undefined> {
    let commit = "";
    try {
      const changes = await this.#store.emergencyChanges();
      this.#waiting = changes.filter((one) => !this.#done.has(one.commit));
      for (const one of this.#waiting.toReversed()) {
        if (this.#stop.signal.aborted) return undefined;
        commit = one.commit;
        const { item, isNew } = await once(
          () => this.#find(one),
          () => this.#open(one),
        );
        this.#done.add(commit);
        this.#waiting = this.#waiting.filter((other) => other !== one);
        if (isNew) this.#report({ commit, issue: item });
      }
      this.#problem = undefined;
      return undefined;
    } catch (error) {
      this.#problem = (error as Error).message;
      this.#report({ commit, error: this.#problem });
      return (error instanceof GitHubError && error.retryAfter) || 0;
    }
  }

  /** The URL of our issue for a commit, open or closed. Anybody can write the marker: only our own account counts. */
  async #find(change: EmergencyChange): Promise<string | undefined> {
    const login = await this.#github.login();
    const query = { labels: reviewLabel, state: "all", creator: login } as const;
    const issues = this.#github.list("read the reviews", ({ paginate, rest }, where) =>
      paginate.iterator(rest.issues.listForRepo, { ...where, ...query }),
    );
    for await (const { body, html_url, user } of issues) {
      if (user?.login === login && body?.includes(markerOf(change))) return html_url;
    }
    return undefined;
  }

  async #open(change: EmergencyChange): Promise<string> {
    const issue = { ...describeReview(change), labels: [reviewLabel] };
    const { html_url } = await this.#github.do("open an issue for a review", (rest, where) =>
      rest.issues.create({ ...where, ...issue }),
    );
    return html_url;
  }
}
