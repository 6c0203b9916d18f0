import { randomUUID } from "node:crypto";
import { retry } from "@octokit/plugin-retry";
import { throttling } from "@octokit/plugin-throttling";
import { Octokit } from "@octokit/rest";
import { outgoingFetch } from "../network/outgoing.ts";
import type { GitHubOptions } from "./options.ts";

/** How often a failed read is retried. The pauses are 1, 4 and 9 seconds. */
const retries = 3;
/** How long one answer may take. */
const timeoutMs = 30_000;

const Client = Octokit.plugin(retry, throttling);
export type Client = InstanceType<typeof Client>;

/**
 * A client for GitHub. It waits if GitHub requests it, and retries failed reads. Writes are retried
 * only by callers that make sure that nothing is done twice: see `once()`.
 */
export function connect(
  { token, apiUrl, maxWaitSeconds }: GitHubOptions,
  note: (text: string) => void,
): Client {
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
