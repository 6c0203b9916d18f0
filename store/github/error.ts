/** GitHub refused a request, or did not answer. Callers that can continue check `status`. */
export class GitHubError extends Error {
  override readonly name = "GitHubError";
  /** The status of GitHub's answer; 0 if there was none. */
  readonly status: number;
  /** GitHub's own message. */
  readonly reason: string;
  /** How many seconds to wait by GitHub's answer; missing if unknown. */
  readonly retryAfter: number | undefined;

  constructor(message: string, status: number, reason: string, retryAfter?: number) {
    super(message);
    this.status = status;
    this.reason = reason;
    this.retryAfter = retryAfter;
  }
}

/** Whether GitHub answered with this status. */
export function isStatus(error: unknown, status: number): boolean {
  return error instanceof GitHubError && error.status === status;
}

/** The result of a call; `undefined` if GitHub answers with this status. */
export async function ignoreStatus<T>(
  status: number,
  call: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await call();
  } catch (error) {
    if (!isStatus(error, status)) throw error;
    return undefined;
  }
}

/** The used fields of Octokit's errors. */
interface OctokitError {
  readonly status: number;
  readonly message: string;
  readonly response?: {
    readonly data?: unknown;
    readonly headers: Headers;
  };
}

type Headers = Readonly<Record<string, string | number | undefined>>;

/** Makes the error of a failed call. `doing` follows "Cannot": `comment on #7`. */
export function toGitHubError(doing: string, repository: string, error: unknown): GitHubError {
  const { status = 0, message = String(error), response } = error as Partial<OctokitError>;
  const answered = response ? status : 0;
  const reason = (response ? reasonIn(response.data) : message).slice(0, 300);
  const found = answered === 0 ? `no answer (${reason})` : `${answered} "${reason}"`;
  const hint = findHint(answered, reason, response?.headers ?? {});
  const text = `Cannot ${doing} in "${repository}": found ${found}, wanted success${hint}`;
  return new GitHubError(text, answered, reason, waitIn(response?.headers ?? {}));
}

/** The seconds to wait: GitHub gives a duration or a time. */
function waitIn(headers: Headers): number | undefined {
  const seconds = Number(headers["retry-after"]);
  if (seconds > 0) return Math.ceil(seconds);
  if (String(headers["x-ratelimit-remaining"]) !== "0") return undefined;
  const left = Number(headers["x-ratelimit-reset"]) - Date.now() / 1_000;
  return left > 0 ? Math.ceil(left) : 1;
}

function reasonIn(data: unknown): string {
  const { message, errors } = (data ?? {}) as { message?: unknown; errors?: unknown };
  const details = Array.isArray(errors) ? errors.map((error) => error?.message || error?.code) : [];
  const texts = [message, ...details].filter((text) => typeof text === "string" && text !== "");
  const reason = texts.join(": ");
  return reason === "" ? "no reason given" : reason.replace(/[\p{Cc}\p{Cf}]+/gu, " ");
}

function findHint(status: number, reason: string, headers: Headers): string {
  if (status === 401) return "; GITHUB_TOKEN is wrong or has expired";
  if (/rate limit/i.test(reason)) return "; try again later";
  const rights = headers["x-accepted-github-permissions"];
  if (status === 403 && rights) return `; GITHUB_TOKEN needs ${rights}`;
  if (status === 403) return "; GITHUB_TOKEN lacks a permission";
  if (status === 404) return "; there is none, or GITHUB_TOKEN may not see it";
  return "";
}
