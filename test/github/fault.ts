/** Faults of GitHub and of the connection to it, on demand. */
import type { OperationId } from "./api/operations.ts";

export interface Fault {
  readonly kind:
    | keyof typeof faults
    | "slow"
    | "hang"
    | "drop"
    | "drop-after"
    | "bad-gateway-after";
  /** Default: any operation. */
  readonly on?: OperationId;
  /** Number of requests that it affects. Default: 1. */
  readonly times?: number;
  /** Seconds, for the limits. */
  readonly retryAfter?: number;
}

export interface Answer {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

const docs = "https://docs.github.com/rest";

/** Responses with GitHub's own texts. */
export const faults = {
  "bad-token": () => problem(401, "Bad credentials"),
  forbidden: () => problem(403, "Resource not accessible by integration"),
  "not-found": () => problem(404, "Not Found"),
  /** The given blob or ref is no longer the newest. */
  "stale-sha": () => problem(409, "flags does not match 0000000000000000000000000000000000000000"),
  "secondary-limit": (seconds = 1) =>
    problem(403, "You have exceeded a secondary rate limit. Please wait a few minutes", {
      "retry-after": String(seconds),
    }),
  "secondary-limit-429": (seconds = 1) =>
    problem(429, "You have exceeded a secondary rate limit. Please wait a few minutes", {
      "retry-after": String(seconds),
    }),
  "primary-limit": (seconds = 1) =>
    problem(403, "API rate limit exceeded for installation ID 1.", {
      "x-ratelimit-remaining": "0",
      "x-ratelimit-reset": String(Math.floor(Date.now() / 1_000) + seconds),
    }),
  "bad-gateway": () => ({
    status: 502,
    body: "<html><body>502 Bad Gateway</body></html>",
    headers: { "content-type": "text/html" },
  }),
} as const satisfies Record<string, (seconds?: number) => Answer>;

/** A refusal in GitHub's form. */
export function problem(
  status: number,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  return { status, body: { message, documentation_url: docs, status: String(status) }, headers };
}

/** A 422 in GitHub's form: the resource, its field and the error. */
export function invalid(resource: string, field: string, message: string, code = "custom"): Answer {
  const errors = [{ resource, field, code, message }];
  return {
    status: 422,
    body: { message: "Validation Failed", errors, documentation_url: docs, status: "422" },
  };
}

export class Faults {
  #planned: (Fault & { left: number })[] = [];

  plan(fault: Fault): void {
    this.#planned.push({ ...fault, left: fault.times ?? 1 });
  }

  heal(): void {
    this.#planned = [];
  }

  /** Returns the fault of this request, and counts it. */
  take(operation: OperationId | undefined): Fault | undefined {
    const fault = this.#planned.find(
      ({ on, left }) => left > 0 && (on === undefined || on === operation),
    );
    if (fault) fault.left -= 1;
    return fault;
  }
}
