/** Sends one HTTP request unchanged, and checks the response against the API's description. */
import { Agent, type IncomingHttpHeaders, type OutgoingHttpHeaders, request } from "node:http";
import { findOfrepMismatches } from "../routes/ofrep/protocol.ts";
import { findMismatches } from "./openapi-check.ts";

export interface RequestOptions {
  readonly headers?: OutgoingHttpHeaders;
  /** Sent as JSON; text and bytes are sent as they are. */
  readonly body?: unknown;
  readonly agent?: Agent;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** The body, read as JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: what is in it is what tests are to find out
  readonly json: any;
}

/** `what` is a method and a path: `GET /v1/feature-flags/`. */
export async function sendRequest(
  url: string,
  what: string,
  { headers = {}, body, agent = oneTime }: RequestOptions = {},
): Promise<Answer> {
  const [method = "", path = ""] = what.split(" ");
  const isPlain = body === undefined || typeof body === "string" || body instanceof Uint8Array;
  // As bytes: if text follows the headers, Node would send the headers in UTF-8, too.
  const bytes = body === undefined ? undefined : Buffer.from(isPlain ? body : JSON.stringify(body));
  const own = {
    ...(isPlain ? {} : { "Content-Type": "application/json" }),
    ...(bytes === undefined || "Transfer-Encoding" in headers
      ? {}
      : { "Content-Length": bytes.length }),
  };
  const answer = await new Promise<Omit<Answer, "json">>((resolve, reject) => {
    const options = { method, path, headers: { ...own, ...headers }, agent };
    const outgoing = request(url, options, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => {
        const text = Buffer.concat(chunks).toString("utf8");
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text });
      });
    });
    outgoing.on("error", reject);
    outgoing.end(bytes);
  });
  const exchange = {
    method,
    path,
    ...answer,
    body: answer.text,
    ...(isPlain ? {} : { sent: body }),
  };
  const mismatches = [...findMismatches(exchange), ...findOfrepMismatches(exchange)];
  if (mismatches.length > 0) {
    throw new Error(
      `The answer to ${what} is not what schema/openapi.yaml describes: ${mismatches.join("; ")}\n` +
        `${answer.status} ${JSON.stringify(answer.headers)}\n${answer.text}`,
    );
  }
  return { ...answer, json: answer.text.startsWith("{") ? JSON.parse(answer.text) : undefined };
}

/** Each request has its own connection. */
const oneTime = new Agent({ keepAlive: false });
