/** The GitHub, the repository and the account. */
export interface GitHubOptions {
  readonly token: string;
  readonly owner: string;
  readonly repo: string;
  /** Without a trailing slash. */
  readonly apiUrl: string;
  /** The account of the token, for tokens of GitHub Apps, which cannot read it. */
  readonly login: string;
  /** If GitHub requests a pause, a call waits at most this long, at most three times. */
  readonly maxWaitSeconds: number;
}

/**
 * Reads GitHub's own variables, and `BUNTING_LOGIN`. Throws if one is missing or invalid; `hint` says
 * what works without a token.
 */
export function readGitHubOptions(
  env: Readonly<Record<string, string | undefined>>,
  { maxWaitSeconds = 300, hint = "" } = {},
): GitHubOptions {
  const { GITHUB_TOKEN: token = "", GITHUB_REPOSITORY: repository = "" } = env;
  const apiUrl = (env.GITHUB_API_URL || "https://api.github.com").replace(/\/+$/, "");
  if (!/^[\x21-\x7e]+$/.test(token)) {
    const found = token === "" ? "it is not set" : "it has characters that no token has";
    throw new Error(
      `Cannot use GITHUB_TOKEN: ${found}; wanted a token for ${apiUrl}${hint && `\n  hint: ${hint}`}`,
    );
  }
  const [, owner, repo] = /^([\w-]+)\/([\w.-]+)$/.exec(repository) ?? [];
  if (owner === undefined || repo === undefined) {
    throw new Error(`Cannot use GITHUB_REPOSITORY "${repository}": wanted OWNER/REPOSITORY`);
  }
  if (!URL.canParse(apiUrl) || !/^https?:$/.test(new URL(apiUrl).protocol)) {
    throw new Error(`Cannot use GITHUB_API_URL "${apiUrl}": wanted https://…`);
  }
  const login = env.BUNTING_LOGIN || "github-actions[bot]";
  return { token, owner, repo, apiUrl, login, maxWaitSeconds };
}
