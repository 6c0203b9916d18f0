import { type GitHubOptions, readGitHubOptions } from "../store/github/options.ts";

/** What the server is told by its environment; where it is told nothing, everything is embedded. */
export interface Settings {
  readonly host: string;
  readonly port: number;
  /** Missing: a bare repository of our own, made from this checkout's `HEAD`. */
  readonly remote: string | undefined;
  readonly branch: string;
  readonly data: string;
  /** Path of the ssh key that signs commits; missing: they are not signed. */
  readonly signingKey: string | undefined;
  /** Missing: one of our own, with a token that is printed once. */
  readonly tokens: string | undefined;
  /** Missing: nothing is published; where nothing at all is configured, `.data/cdn`. */
  readonly publish: string | undefined;
  readonly pollSeconds: number;
  /** 0: no limit. */
  readonly writesPerMinute: number;
  readonly origins: readonly string[];
  /** Who may report usage: whoever has a token, or pages of `origins` as well, which cannot send one. */
  readonly usage: "token" | "anonymous";
  /** How many proxies before us may say where a request comes from. */
  readonly trustedProxies: number;
  readonly logLevel: string;
  readonly oidc:
    | { readonly issuer: string; readonly audience: string; readonly roleClaim: string }
    | undefined;
  readonly webhookSecret: string | undefined;
  /** Missing: nothing is proposed, and broken glass opens no issue. */
  readonly github: GitHubOptions | undefined;
}

/** For how many seconds a request may wait where GitHub asks for patience; then the client is asked for it. */
const gitHubPatience = 2;

/** Reads the settings. Throws where one cannot be meant. */
export function readSettings(env: NodeJS.ProcessEnv): Settings {
  const { OIDC_ISSUER, OIDC_AUDIENCE, OIDC_ROLE_CLAIM = "role" } = env;
  if (OIDC_ISSUER && !OIDC_AUDIENCE) {
    throw new Error(
      `Cannot accept tokens of OIDC_ISSUER "${OIDC_ISSUER}": OIDC_AUDIENCE is missing`,
    );
  }
  const origins = (env.FLAGS_CORS_ORIGINS ?? "")
    .split(",")
    .map((origin) => origin.trim())
    .filter(Boolean);
  const usage = choice(env, "FLAGS_USAGE", "token", ["token", "anonymous"]);
  if (usage === "anonymous" && origins.length === 0) {
    throw new Error(
      'Cannot use FLAGS_USAGE "anonymous": FLAGS_CORS_ORIGINS names no origin to take reports from',
    );
  }
  return {
    host: env.HOST || "127.0.0.1",
    port: number(env, "PORT", 8_080, 65_535),
    remote: env.FLAGS_REMOTE || undefined,
    branch: env.FLAGS_BRANCH || "main",
    data: env.FLAGS_DATA || ".data",
    signingKey: env.FLAGS_SIGNING_KEY || undefined,
    tokens: env.FLAGS_TOKENS || undefined,
    publish: env.FLAGS_PUBLISH || undefined,
    pollSeconds: number(env, "FLAGS_POLL_SECONDS", 15, 86_400, 1),
    writesPerMinute: number(env, "FLAGS_WRITES_PER_MINUTE", 60, 1_000_000),
    origins,
    usage,
    trustedProxies: number(env, "FLAGS_TRUSTED_PROXIES", 0, 100),
    logLevel: choice(env, "LOG_LEVEL", "info", [
      "trace",
      "debug",
      "info",
      "warn",
      "error",
      "fatal",
      "silent",
    ]),
    oidc:
      OIDC_ISSUER && OIDC_AUDIENCE
        ? { issuer: OIDC_ISSUER, audience: OIDC_AUDIENCE, roleClaim: OIDC_ROLE_CLAIM }
        : undefined,
    webhookSecret: env.GITHUB_WEBHOOK_SECRET || undefined,
    // Not without a token: in a workflow GitHub sets the other variables unasked.
    github: env.GITHUB_TOKEN ? readGitHubOptions(env, { patience: gitHubPatience }) : undefined,
  };
}

function number(
  env: NodeJS.ProcessEnv,
  name: string,
  standard: number,
  maximum: number,
  minimum = 0,
): number {
  const text = env[name] || String(standard);
  const found = /^\d{1,7}$/.test(text) ? Number(text) : Number.NaN;
  if (found >= minimum && found <= maximum) return found;
  throw new Error(
    `Cannot use ${name} "${text}": it must be a number from ${minimum} to ${maximum}`,
  );
}

function choice<const Choice extends string>(
  env: NodeJS.ProcessEnv,
  name: string,
  standard: Choice,
  choices: readonly Choice[],
): Choice {
  const text = env[name] || standard;
  const found = choices.find((one) => one === text);
  if (found !== undefined) return found;
  throw new Error(`Cannot use ${name} "${text}": it must be one of ${choices.join(", ")}`);
}
