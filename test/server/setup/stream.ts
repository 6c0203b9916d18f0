/** An event stream, parsed as a browser's `EventSource` does. */
import { once } from "node:events";
import { Agent, type ClientRequest, type IncomingMessage, request } from "node:http";
import { type Api, until } from "./api.ts";
import { findMismatches } from "./openapi-check.ts";

export interface Event {
  readonly id: string;
  // biome-ignore lint/suspicious/noExplicitAny: what is in it is what tests are to find out
  readonly data: any;
  /** When it arrived, in milliseconds. */
  readonly at: number;
}

export class Stream {
  readonly response: IncomingMessage;
  readonly events: Event[] = [];
  readonly comments: string[] = [];
  /** Whether the server ended it, or dropped it. */
  isOver = false;
  readonly #request: ClientRequest;
  #text = "";

  /** Throws if the description does not have the response. */
  static async open(
    { url, tokens }: Api,
    path: string,
    { as = "reader", headers = {} }: { as?: string | null; headers?: Record<string, string> } = {},
  ): Promise<Stream> {
    const token = as === null ? {} : { Authorization: `Bearer ${tokens.of(as)}` };
    const own = { ...token, Accept: "text/event-stream" };
    const outgoing = request(url, { path, headers: { ...own, ...headers }, agent: each });
    outgoing.end();
    const [response] = (await once(outgoing, "response")) as [IncomingMessage];
    const status = response.statusCode ?? 0;
    const seen = { method: "GET", path, status, headers: response.headers };
    if (response.headers["content-type"] === "text/event-stream") {
      const mismatches = findMismatches({ ...seen, body: "" });
      if (mismatches.length > 0)
        throw new Error(`No stream as described: ${mismatches.join("; ")}`);
    }
    return new Stream(outgoing, response);
  }

  private constructor(outgoing: ClientRequest, response: IncomingMessage) {
    this.#request = outgoing;
    this.response = response;
    outgoing.on("error", () => {});
    response.setEncoding("utf8").on("data", (text: string) => this.#take(text));
    for (const end of ["close", "error"]) {
      response.on(end, () => {
        this.isOver = true;
      });
    }
  }

  get status(): number | undefined {
    return this.response.statusCode;
  }

  /** The event after the first `count`. */
  async event(count: number): Promise<Event> {
    await until(() => this.events.length > count);
    return this.events[count] as Event;
  }

  close(): void {
    this.#request.destroy();
  }

  #take(text: string): void {
    this.#text += text;
    for (let end = this.#text.indexOf("\n\n"); end !== -1; end = this.#text.indexOf("\n\n")) {
      const lines = this.#text.slice(0, end).split("\n");
      this.#text = this.#text.slice(end + 2);
      const fields = new Map(
        lines.map((line) => [line.split(": ")[0], line.replace(/^\w*: /, "")]),
      );
      if (fields.has("data")) {
        const data = JSON.parse(fields.get("data") ?? "");
        this.events.push({ id: fields.get("id") ?? "", data, at: performance.now() });
      } else this.comments.push(lines.join("\n"));
    }
  }
}

const each = new Agent({ keepAlive: false, maxSockets: Number.POSITIVE_INFINITY });
