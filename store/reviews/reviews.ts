import { setTimeout as pause } from "node:timers/promises";
import { type EmergencyChange, reviewLabel } from "../../schema/change/emergency-change.ts";
import { describeReview, markerOf } from "../../schema/github/review-issue.ts";
import { GitHubError } from "../github/error.ts";
import type { GitHub } from "../github/github.ts";
import { once } from "../github/once.ts";
import type { FlagStore } from "../writes/flag-store.ts";

/** How long to wait after a failure, in milliseconds: from, to. */
const backoff = { first: 1_000, last: 60_000 };

/** What an opener of reviews has to tell: an issue that is open now, or why one is not. */
export type ReviewEvent =
  | { readonly commit: string; readonly issue: string }
  | { readonly commit: string; readonly error: string };

/**
 * Opens an issue for each commit that broke the glass, in the background, again until it succeeds.
 * What is to be done stands in git, and what is done on GitHub: a restart forgets nothing.
 */
export class Reviews {
  readonly #store: Pick<FlagStore, "emergencyChanges">;
  readonly #github: GitHub;
  readonly #tell: (event: ReviewEvent) => void;
  readonly #done = new Set<string>();
  readonly #stop = new AbortController();
  #waiting: readonly EmergencyChange[] = [];
  #trouble: string | undefined;
  #wanted = false;
  #running: Promise<void> | undefined;

  constructor(
    store: Pick<FlagStore, "emergencyChanges">,
    github: GitHub,
    tell: (event: ReviewEvent) => void,
  ) {
    this.#store = store;
    this.#github = github;
    this.#tell = tell;
  }

  /** How many commits wait for their issue, as far as that is known. */
  get backlog(): number {
    return this.#waiting.length;
  }

  /** Why they wait; nothing where none does. */
  get trouble(): string | undefined {
    const { length } = this.#waiting;
    if (length === 0 || this.#trouble === undefined) return undefined;
    return `${length} broken glass without an issue for its review: ${this.#trouble}`;
  }

  /** Looks for commits without an issue. */
  look(): void {
    this.#wanted = true;
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
      if (this.#wanted && !this.#stop.signal.aborted) this.look();
    });
  }

  /** Finishes what was begun, and begins nothing more. */
  async close(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    for (let wait = backoff.first; !signal.aborted; wait = Math.min(backoff.last, wait * 2)) {
      this.#wanted = false;
      const retryAfter = await this.#attempt();
      if (retryAfter === undefined) return;
      // Ended early when the server stops.
      await pause(Math.max(wait, retryAfter * 1_000), undefined, { signal, ref: false }).catch(
        () => {},
      );
    }
  }

  /** Nothing when all is done; else after how many seconds GitHub may be asked again. */
  async #attempt(): Promise<number | undefined> {
    let commit = "";
    try {
      const broken = await this.#store.emergencyChanges();
      this.#waiting = broken.filter((one) => !this.#done.has(one.commit));
      for (const one of this.#waiting.toReversed()) {
        if (this.#stop.signal.aborted) return undefined;
        commit = one.commit;
        const { item, isNew } = await once(
          () => this.#find(one),
          () => this.#open(one),
        );
        this.#done.add(commit);
        this.#waiting = this.#waiting.filter((other) => other !== one);
        if (isNew) this.#tell({ commit, issue: item });
      }
      this.#trouble = undefined;
      return undefined;
    } catch (error) {
      this.#trouble = (error as Error).message;
      this.#tell({ commit, error: this.#trouble });
      return (error instanceof GitHubError && error.retryAfter) || 0;
    }
  }

  /** The URL of the issue for a commit, open or closed. */
  async #find(broken: EmergencyChange): Promise<string | undefined> {
    const query = { labels: reviewLabel, state: "all" } as const;
    const issues = this.#github.list("read the reviews", (rest, page) =>
      rest.issues.listForRepo({ ...page, ...query }),
    );
    for await (const { body, html_url } of issues) {
      if (body?.includes(markerOf(broken))) return html_url;
    }
    return undefined;
  }

  async #open(broken: EmergencyChange): Promise<string> {
    const issue = { ...describeReview(broken), labels: [reviewLabel] };
    const { html_url } = await this.#github.do("open an issue for a review", (rest, where) =>
      rest.issues.create({ ...where, ...issue }),
    );
    return html_url;
  }
}
