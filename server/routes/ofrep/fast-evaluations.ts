/**
 * Answers evaluations before Express sees them: the same checks, bytes, headers, log and metrics as
 * the handlers in `routes.ts`, at a fraction of the cost. Express handles requests that need more
 * than their headers (an unknown token, another content type, a compressed body).
 */
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import { mayRead } from "../../auth/permissions.ts";
import { defaultRetryAfter } from "../../errors/error-handler.ts";
import { decodeBody, isJsonType, maxBytes, parseJson } from "../../http/body.ts";
import { isNotModified } from "../../http/conditions.ts";
import { commonHeaders } from "../../http/headers.ts";
import { HttpError } from "../../http/problem.ts";
import { clientClosedRequest, reportEnd, requestIdOf } from "../../observe/observe.ts";
import type { ServerParts } from "../../parts.ts";
import { contextOf } from "./context.ts";
import { errorBody, evaluationPath } from "./errors.ts";

type Parts = Pick<
  ServerParts,
  "settings" | "evaluations" | "evaluator" | "authenticator" | "metrics" | "log"
>;

/** Only keys without escapes: Express decodes the others. */
const pattern = new RegExp(`^(?:/([\\w-]+))?${evaluationPath}(?:/([\\w-]+))?$`);

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly etag?: string;
  readonly failure?: unknown;
}

export class FastEvaluations {
  readonly #parts: Parts;
  /** The headers of every answer, by the origin of the page. */
  readonly #headers: ReadonlyMap<string | undefined, readonly string[]>;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#headers = new Map(
      commonHeaders(parts.settings.origins).map(([origin, headers]) => {
        return [origin, [...Object.entries(headers).flat(), "Cache-Control", "no-store"]];
      }),
    );
  }

  /** Returns whether it answers the request, now or once its body is there. */
  answer(request: IncomingMessage, response: ServerResponse): boolean {
    const startedMs = performance.now();
    if (request.method !== "POST") return false;
    const { url: path = "", headers } = request;
    const found = pattern.exec(path);
    const common = this.#headers.get(headers.origin);
    if (found === null || common === undefined || !hasPlainJson(request)) return false;
    const [, folder = "", key] = found;
    const flags = this.#parts.evaluations.of(folder);
    // The first environment is served at the root only.
    if (flags === undefined || (folder !== "" && flags === this.#parts.evaluations.of("")))
      return false;
    const principal = this.#parts.authenticator.recognize(headers.authorization);
    if (!principal || !mayRead(principal, flags.environment)) return false;
    const route = `${folder === "" ? "" : "/{environment}"}${evaluationPath}${key === undefined ? "" : "/{flag_name}"}`;
    const requestId = requestIdOf(headers["x-request-id"]);
    const report = (status: number, failure?: unknown) => {
      const { metrics, log } = this.#parts;
      const line = { requestId, method: "POST", path, route, status, actor: principal.id, failure };
      reportEnd(metrics, log, line, (performance.now() - startedMs) / 1_000);
    };
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const answer = this.#evaluate(headers, folder, key, Buffer.concat(chunks));
      send(response, common.concat("X-Request-Id", requestId), answer);
      report(answer.status, answer.failure);
    });
    request.on("close", () => {
      if (!request.complete) report(clientClosedRequest);
    });
    return true;
  }

  #evaluate(
    headers: IncomingHttpHeaders,
    folder: string,
    key: string | undefined,
    bytes: Buffer,
  ): Answer {
    const { evaluator } = this.#parts;
    try {
      const context = contextOf(parseJson(decodeBody(bytes)));
      if (key !== undefined)
        return { status: 200, body: evaluator.evaluateFlag(folder, key, context) };
      const answer = evaluator.evaluateAll(folder, headers.authorization ?? "", context);
      const isKnown = isNotModified(headers["if-none-match"], answer.etag);
      return isKnown ? { status: 304, body: "", etag: answer.etag } : { status: 200, ...answer };
    } catch (error) {
      const isKnown = error instanceof HttpError;
      const known = isKnown ? error : new HttpError(500, "Cannot answer: the server failed");
      const body = errorBody(key, known);
      return { status: known.status, body, ...(isKnown ? {} : { failure: error }) };
    }
  }
}

/** `headers` are names and values in turn. */
function send(response: ServerResponse, headers: string[], { status, body, etag }: Answer): void {
  if (etag !== undefined) headers.push("ETag", etag);
  if (status === 503) headers.push("Retry-After", String(defaultRetryAfter));
  if (status !== 304) {
    headers.push("Content-Type", "application/json");
    headers.push("Content-Length", String(Buffer.byteLength(body)));
  }
  response.writeHead(status, headers);
  response.end(body);
}

/**
 * Whether the body is uncompressed JSON of a known length within the limit. OFREP's provider for Go
 * sends no type.
 */
function hasPlainJson({ headers }: IncomingMessage): boolean {
  const length = Number(headers["content-length"]);
  return (
    length > 0 &&
    length <= maxBytes.usual &&
    headers["content-encoding"] === undefined &&
    headers["transfer-encoding"] === undefined &&
    headers.expect === undefined &&
    isJsonType(headers["content-type"] ?? "application/json")
  );
}
