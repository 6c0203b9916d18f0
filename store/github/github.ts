import { toGitHubError } from "./error.ts";
import type { Client } from "./octokit.ts";
import type { GitHubOptions } from "./options.ts";

/** The parameters that name the repository in a request. */
type RepositoryParameters = Pick<GitHubOptions, "owner" | "repo">;

/** One repository on GitHub. */
export class GitHub {
  /** `owner/repo`. */
  readonly name: string;
  readonly #options: GitHubOptions;
  readonly #note: (text: string) => void;
  readonly #here: RepositoryParameters;
  #client: Promise<Client> | undefined;
  #quota: Quota = { remainingShare: 1, resetSeconds: 60 };
  #login: Promise<string> | undefined;

  /** `note` gets a line for each wait. */
  constructor(options: GitHubOptions, note: (text: string) => void = () => {}) {
    this.#options = options;
    this.#note = note;
    const { owner, repo } = options;
    this.#here = { owner, repo };
    this.name = `${owner}/${repo}`;
  }

  /** The quota that the token has left, as of the last answer. */
  get quota(): Quota {
    return this.#quota;
  }

  /** Returns the result of a call. Throws `GitHubError`; `doing` describes the call: `read the issues`. */
  async do<T>(
    doing: string,
    call: (rest: Client["rest"], here: RepositoryParameters) => Promise<{ data: T }>,
  ): Promise<T> {
    try {
      const { rest } = await this.#connect();
      const { data } = await call(rest, this.#here);
      return data;
    } catch (error) {
      throw toGitHubError(doing, this.name, error);
    }
  }

  /** All items of a list, page by page. Throws `GitHubError`. */
  async *list<T>(
    doing: string,
    call: (
      client: Client,
      where: RepositoryParameters & { per_page: number },
    ) => AsyncIterable<{ data: T[]; url: string }>,
  ): AsyncGenerator<T> {
    try {
      const pages = call(await this.#connect(), { ...this.#here, per_page: 100 });
      for await (const { data, url } of pages) {
        // Octokit replaces an answer with the status 409 by an empty page without a URL, and ends the list.
        if (url === undefined) throw conflict;
        yield* data;
      }
    } catch (error) {
      throw toGitHubError(doing, this.name, error);
    }
  }

  /** The account of the token. Tokens of workflows and Apps may not read it: see `GitHubOptions`. */
  login(): Promise<string> {
    this.#login ??= this.#connect()
      .then(({ rest }) => rest.users.getAuthenticated())
      .then(
        ({ data }) => data.login,
        (error) => {
          if (error.status === 403 && /not accessible/i.test(error.message)) {
            return this.#options.login;
          }
          this.#login = undefined;
          throw toGitHubError("read the account of GITHUB_TOKEN", this.name, error);
        },
      );
    return this.#login;
  }

  /** Loads Octokit at the first call, because it is large and most servers do not use GitHub. */
  #connect(): Promise<Client> {
    this.#client ??= import("./octokit.ts").then(({ connect }) => {
      const client = connect(this.#options, this.#note);
      client.hook.after("request", ({ headers }) => {
        this.#quota = quotaIn(headers) ?? this.#quota;
      });
      return client;
    });
    return this.#client;
  }
}

/** What `toGitHubError()` reads of an answer with the status 409. */
const conflict = Object.assign(new Error("Conflict"), { status: 409, response: { headers: {} } });

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
