import { type CommitKeys, parseCommitKeys } from "../schema/change/commit-signature.ts";
import { suggest } from "../schema/text/suggest.ts";
import { type GitHubOptions, readGitHubOptions } from "../store/github/options.ts";
import type { Oidc } from "./auth/jwt.ts";
import { help } from "./help.ts";

/** The settings of the server, from its environment. Without any, everything is embedded. */
export interface Settings {
  readonly host: string;
  readonly port: number;
  /** Missing: an embedded bare repository, made from this checkout's `HEAD`. */
  readonly remote: string | undefined;
  readonly branch: string;
  readonly data: string;
  /** Path of the ssh key that signs commits; missing: they are not signed. */
  readonly signingKey: string | undefined;
  /** Keys that sign the commits of the API; missing: a key that is kept in `data`. */
  readonly commitKeys: CommitKeys | undefined;
  /** Path of the tokens file. Missing: with the embedded remote one is made beside it; else there are no tokens. */
  readonly tokens: string | undefined;
  /** The publish target. Missing: nothing is published; without any settings, `.data/cdn`. */
  readonly publish: string | undefined;
  readonly pollSeconds: number;
  /** 0: no limit. */
  readonly writesPerMinute: number;
  readonly origins: readonly string[];
  /** Who may report usage: requests with a token, or also pages of `origins`, which cannot send one. */
  readonly usage: "token" | "anonymous";
  /** Number of proxies in front of the server that set the client's address. */
  readonly trustedProxies: number;
  readonly logLevel: string;
  readonly oidc: Oidc | undefined;
  readonly webhookSecret: string | undefined;
  /** Missing: no change is proposed, and an emergency change opens no issue. */
  readonly github: GitHubOptions | undefined;
}

const logLevels = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const;
/** If GitHub requests a longer pause, the client gets a 503 with `Retry-After`. */
const maxGitHubWaitSeconds = 2;

/** Reads the settings. Throws an `Error` that names the variable if one cannot be used. */
export function readSettings(env: NodeJS.ProcessEnv): Settings {
  const { OIDC_ISSUER, OIDC_AUDIENCE, OIDC_ROLE_CLAIM = "role" } = env;
  if (OIDC_ISSUER && !OIDC_AUDIENCE) {
    throw new Error(
      `Cannot accept tokens of OIDC_ISSUER "${OIDC_ISSUER}": OIDC_AUDIENCE is missing`,
    );
  }
  const origins = readOrigins(env.FLAGS_CORS_ORIGINS);
  if (env.FLAGS_REMOTE && !env.FLAGS_TOKENS && !OIDC_ISSUER) {
    throw new Error(
      "Cannot authenticate clients: with FLAGS_REMOTE, set FLAGS_TOKENS to the path of a tokens file, or OIDC_ISSUER; to make the file, run: bunting token --add FILE --name NAME --role admin",
    );
  }
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
    commitKeys: env.FLAGS_COMMIT_KEY
      ? parseCommitKeys(env.FLAGS_COMMIT_KEY, "FLAGS_COMMIT_KEY")
      : undefined,
    tokens: env.FLAGS_TOKENS || undefined,
    publish: env.FLAGS_PUBLISH || undefined,
    pollSeconds: number(env, "FLAGS_POLL_SECONDS", 15, 86_400, 1),
    writesPerMinute: number(env, "FLAGS_WRITES_PER_MINUTE", 60, 1_000_000),
    origins,
    usage,
    trustedProxies: number(env, "FLAGS_TRUSTED_PROXIES", 0, 100),
    logLevel: choice(env, "LOG_LEVEL", "info", logLevels),
    oidc:
      OIDC_ISSUER && OIDC_AUDIENCE
        ? { issuer: OIDC_ISSUER, audience: OIDC_AUDIENCE, roleClaim: OIDC_ROLE_CLAIM }
        : undefined,
    webhookSecret: env.GITHUB_WEBHOOK_SECRET || undefined,
    // Only with a token: in a workflow GitHub always sets the other variables.
    github: env.GITHUB_TOKEN
      ? readGitHubOptions(env, { maxWaitSeconds: maxGitHubWaitSeconds })
      : undefined,
  };
}

/** Browsers send an origin without a slash at its end, so one with a path would never match. */
function readOrigins(text = ""): string[] {
  const origins = text.split(",").map((origin) => origin.trim());
  const wrong = origins.find((origin) => !/^(?:[a-z][a-z\d+.-]*:\/\/[^/?#@\s]+)?$/.test(origin));
  if (wrong === undefined) return origins.filter(Boolean);
  const wanted = "an origin without a path, such as https://app.example.com";
  throw new Error(`Cannot use FLAGS_CORS_ORIGINS "${wrong}": it must be ${wanted}`);
}

function number(
  env: NodeJS.ProcessEnv,
  name: string,
  fallback: number,
  maximum: number,
  minimum = 0,
): number {
  const text = env[name] || String(fallback);
  const found = /^\d{1,7}$/.test(text) ? Number(text) : Number.NaN;
  if (found >= minimum && found <= maximum) return found;
  throw new Error(
    `Cannot use ${name} "${text}": it must be a number from ${minimum} to ${maximum}`,
  );
}

function choice<const Choice extends string>(
  env: NodeJS.ProcessEnv,
  name: string,
  fallback: Choice,
  choices: readonly Choice[],
): Choice {
  const text = env[name] || fallback;
  const found = choices.find((one) => one === text);
  if (found !== undefined) return found;
  throw new Error(`Cannot use ${name} "${text}": it must be one of ${choices.join(", ")}`);
}

/**
 * A warning for each variable that has the name of no setting, but almost. Others are not reported:
 * Kubernetes sets `FLAGS_SERVICE_HOST` and more if a service has the name "flags".
 */
export function findMisspeltSettings(env: NodeJS.ProcessEnv): string[] {
  const settings = [...help.matchAll(/\bFLAGS_(\w+)/g)].map(([, name = ""]) => name.toLowerCase());
  return Object.keys(env).flatMap((variable) => {
    const [, name] = /^FLAGS_(\w+)$/i.exec(variable) ?? [];
    const meant = name && suggest(name.toLowerCase(), settings);
    if (!meant || variable === `FLAGS_${meant.toUpperCase()}`) return [];
    return `${variable} is no setting and has no effect: did you mean FLAGS_${meant.toUpperCase()}?`;
  });
}
