/** An HTTP server for flags with any response. */
import { createServer, type IncomingMessage, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import type { FlagList } from "../../client/core/types.ts";

export interface Source {
  readonly url: string;
  /** All requests, in order. */
  readonly requests: IncomingMessage[];
  /** The number of open connections. */
  connections(): Promise<number>;
  /** Handles the next requests. */
  answer: RequestListener;
  [Symbol.asyncDispose](): Promise<void>;
}

export async function startSource(answer: RequestListener = json(list({}))): Promise<Source> {
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    requests.push(request);
    source.answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const source: Source = {
    url: `http://127.0.0.1:${port}/v1/feature-flags/`,
    requests,
    connections: () =>
      new Promise((resolve, reject) => {
        server.getConnections((error, count) => (error ? reject(error) : resolve(count)));
      }),
    answer,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return source;
}

/** A list that changed on this day of January. */
export function list(flags: Record<string, boolean>, day = 1): FlagList {
  const updated_at = `2026-01-${String(day).padStart(2, "0")}T12:00:00Z`;
  return { environment: "application", flags, updated_at };
}

export function json(body: unknown): RequestListener {
  return respond(200, "application/json", typeof body === "string" ? body : JSON.stringify(body));
}

export function respond(status: number, type: string, body: string): RequestListener {
  return (_request, response) => response.writeHead(status, { "content-type": type }).end(body);
}

/** Never responds. */
export const hang: RequestListener = () => {};
