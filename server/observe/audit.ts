/** What the log says of a request; of each write, refused ones too, a line that is kept. */
import type { Logger } from "pino";
import type { Outcome } from "../routes/writes/outcome.ts";

/** A request that is over. */
export interface Ended {
  readonly requestId: string;
  readonly method: string;
  readonly path: string;
  /** The pattern of the path. */
  readonly route: string;
  readonly status: number;
  /** Who asked, where that is known. */
  readonly actor: string | undefined;
  readonly flag: string | undefined;
  /** What the store made of a write that reached it. */
  readonly written: Outcome | undefined;
  /** What failed inside. */
  readonly failure: unknown;
}

export function writeTo(log: Logger, ended: Ended): void {
  const { requestId, method, path, status, actor, flag, written, failure } = ended;
  const line = { requestId, method, path: path.slice(0, 200), status, actor };
  if (failure !== undefined) log.error({ ...line, err: failure }, "failed");
  const change = resultOf(ended);
  if (change) {
    const result = { result: change.result, ...(written && detailsOf(written)) };
    log.info({ audit: true, ...line, flag, ...result }, "write");
  } else log.debug(line, "read");
}

function detailsOf(written: Outcome): object {
  if (written.status === "proposed") return { pullRequest: written.change.pullRequest };
  if (!("commit" in written)) return {};
  const { commit, bypassedEnvironments } = written;
  return { commit, ...(bypassedEnvironments && { bypassedEnvironments }) };
}

const kinds: Readonly<Record<string, string>> = { POST: "create", PUT: "update", DELETE: "delete" };

/** Which change was asked for, and what became of it; nothing where none was. */
export function resultOf(ended: Ended): { kind: string; result: string } | undefined {
  const kind = kinds[ended.method];
  if (kind === undefined || !ended.route.includes("feature-flags")) return undefined;
  return { kind, result: ended.written?.status ?? `refused-${ended.status}` };
}
