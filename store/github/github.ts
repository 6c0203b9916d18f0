/**
 * A client for GitHub. It waits if GitHub requests it, and retries failed reads. Writes are retried
 * only by callers that make sure that nothing is done twice: see `once()`.
 */
import { randomUUID } from "node:crypto";
import { retry } from "@octokit/plugin-retry";
import { throttling } from "@octokit/plugin-throttling";
import { Octokit } from "@octokit/rest";
import { outgoingFetch } from "../network/outgoing.ts";
import { toGitHubError } from "./error.ts";
import type { GitHubOptions } from "./options.ts";

/** How often a failed read is retried. The pauses are 1, 4 and 9 seconds. */
const retries = 3;
/** How long one answer may take. */
const timeoutMs = 30_000;

export type Rest = InstanceType<typeof Client>["rest"];

/** The parameters that name the repository in a request. */
type RepositoryParameters = Pick<GitHubOptions, "owner" | "repo">;

export class GitHub {
  /** `owner/repo`. */
  readonly name: string;
  readonly #client: InstanceType<typeof Client>;
  readonly #here: RepositoryParameters;
  readonly #loginOfApp: string;
  #quota: Quota = { remainingShare: 1, resetSeconds: 60 };
  #login: Promise<string> | undefined;

  /** `note` gets a line for each wait. */
  constructor(options: GitHubOptions, note: (text: string) => void = () => {}) {
    this.#loginOfApp = options.login;
    const { owner, repo } = options;
    this.#here = { owner, repo };
    this.name = `${owner}/${repo}`;
    this.#client = connect(options, note);
    this.#client.hook.after("request", ({ headers }) => {
      this.#quota = quotaIn(headers) ?? this.#quota;
    });
  }

  /** The quota that the token has left, as of the last answer. */
  get quota(): Quota {
    return this.#quota;
  }

  /** Returns the result of a call. Throws `GitHubError`; `doing` describes the call: `read the issues`. */
  async do<T>(
    doing: string,
    call: (rest: Rest, here: RepositoryParameters) => Promise<{ data: T }>,
  ): Promise<T> {
    try {
      const { data } = await call(this.#client.rest, this.#here);
      return data;
    } catch (error) {
      throw toGitHubError(doing, this.name, error);
    }
  }

  /** All items of a list, page by page. */
  async *list<T>(
    doing: string,
    call: (
      rest: Rest,
      page: RepositoryParameters & { page: number; per_page: number },
    ) => Promise<{ data: T[]; headers: { link?: string | undefined } }>,
  ): AsyncGenerator<T> {
    for (let page = 1; ; page++) {
      const where = { ...this.#here, page, per_page: 100 };
      let hasMore = false;
      const items = await this.do(doing, async (rest) => {
        const answer = await call(rest, where);
        hasMore = /rel="?next/.test(answer.headers.link ?? "");
        return answer;
      });
      yield* items;
      if (!hasMore) return;
    }
  }

  /** The account of the token. Tokens of workflows and Apps may not read it: see `GitHubOptions`. */
  login(): Promise<string> {
    this.#login ??= this.#client.rest.users.getAuthenticated().then(
      ({ data }) => data.login,
      (error) => {
        if (error.status === 403 && /not accessible/i.test(error.message)) {
          return this.#loginOfApp;
        }
        this.#login = undefined;
        throw toGitHubError("read the account of GITHUB_TOKEN", this.name, error);
      },
    );
    return this.#login;
  }
}

const Client = Octokit.plugin(retry, throttling);

/** Of the primary rate limit. */
export interface Quota {
  /** From 0 to 1. */
  readonly remainingShare: number;
  /** After how many seconds there is a new quota. */
  readonly resetSeconds: number;
}

function quotaIn(
  headers: Readonly<Record<string, string | number | undefined>>,
): Quota | undefined {
  const remainingShare =
    Number(headers["x-ratelimit-remaining"]) / Number(headers["x-ratelimit-limit"]);
  if (!Number.isFinite(remainingShare)) return undefined;
  const seconds = Math.ceil(Number(headers["x-ratelimit-reset"]) - Date.now() / 1_000);
  return { remainingShare, resetSeconds: Math.max(1, Math.min(3_600, seconds || 60)) };
}

function connect({ token, apiUrl, maxWaitSeconds }: GitHubOptions, note: (text: string) => void) {
  const wait = (what: string) => (seconds: number, _: object, __: unknown, attempt: number) => {
    const goesOn = attempt < retries && seconds <= maxWaitSeconds;
    const then = goesOn ? "waiting" : "giving up";
    note(`GitHub asks to wait ${seconds} s (${what} rate limit): ${then}`);
    return goesOn;
  };
  const silent = () => {};
  const client = new Client({
    auth: token,
    baseUrl: apiUrl,
    userAgent: "bunting",
    // Without this, Octokit writes warnings to stdout and stderr. The errors say the same.
    log: { debug: silent, info: silent, warn: silent, error: silent },
    request: {
      fetch: (url: string, init: RequestInit) =>
        outgoingFetch(url, { ...init, signal: AbortSignal.timeout(timeoutMs) }),
    },
    // A retry does not help with these statuses. The throttling plugin handles 429.
    retry: { doNotRetry: [400, 401, 403, 404, 409, 410, 422, 429, 451], retries },
    throttle: {
      // Clients with the same id would wait for each other.
      id: randomUUID(),
      onRateLimit: wait("primary"),
      onSecondaryRateLimit: wait("secondary"),
    },
  });
  // The write may have succeeded although the answer was lost: `once()` checks first.
  client.hook.before("request", (request) => {
    if (request.method === "POST") request.request = { ...request.request, retries: 0 };
  });
  return client;
}
