/** Log lines of requests: one for each write, refused ones included; for reads at `debug`. */
import type { Logger } from "pino";
import { outputs } from "../../schema/compile/outputs.ts";
import type { WriteOutcome } from "../http/write-outcome.ts";

/** A request that has ended. */
export interface EndedRequest {
  readonly requestId: string;
  readonly method: string;
  readonly path: string;
  /** The pattern of the path. */
  readonly route: string;
  readonly status: number;
  /** The id of the principal, if it is known. */
  readonly actor: string | undefined;
  readonly flag?: string | undefined;
  /** The store's result of a write that reached the store. */
  readonly outcome?: WriteOutcome | undefined;
  /** Why the store refused the write. */
  readonly refusal?: Error | undefined;
  /** The error inside the server that ended it. */
  readonly failure?: unknown;
}

export function writeLog(log: Logger, ended: EndedRequest): void {
  const change = changeOf(ended);
  const { requestId, method, path, status, actor, flag, outcome, refusal, failure } = ended;
  if (failure === undefined && !change && !log.isLevelEnabled("debug")) return;
  const line = { requestId, method, path: path.slice(0, 200), status, actor };
  if (failure !== undefined) log.error({ ...line, err: failure }, "failed");
  if (change) {
    const details = outcome ? detailsOf(outcome) : refusal && { reason: reasonOf(refusal) };
    log.info({ audit: true, ...line, flag, result: change.result, ...details }, "write");
  } else log.debug(line, "read");
}

function detailsOf(outcome: WriteOutcome): object {
  if (outcome.status === "proposed") return { pullRequest: outcome.change.pullRequest };
  if (!("commit" in outcome)) return {};
  const { commit, bypassedEnvironments } = outcome;
  return { commit, ...(bypassedEnvironments && { bypassedEnvironments }) };
}

/** The message for the client, and the cause, which only the log has. */
function reasonOf({ message, cause }: Error): string {
  const reason = cause instanceof Error ? `${message}: ${cause.message}` : message;
  return reason.replace(/\s+/g, " ").slice(0, 500);
}

const kinds: Readonly<Record<string, string>> = { POST: "create", PUT: "update", DELETE: "delete" };

/** The change that a request contains, and its result; `undefined` for other requests. */
export function changeOf({
  method,
  route,
  status,
  outcome,
}: EndedRequest): { kind: string; result: string } | undefined {
  const kind = kinds[method];
  if (kind === undefined || !route.includes(outputs.list.path)) return undefined;
  return { kind, result: outcome?.status ?? `refused-${status}` };
}
