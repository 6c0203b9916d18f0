/** A server of flags that misbehaves on demand, over real HTTP. */
import { createServer, type IncomingMessage, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import type { FlagList } from "../../client/types.ts";

export interface Source {
  readonly url: string;
  /** The requests that came, in order. */
  readonly requests: IncomingMessage[];
  /** What becomes of the next ones. */
  answer: RequestListener;
  [Symbol.asyncDispose](): Promise<void>;
}

export async function startSource(answer: RequestListener): Promise<Source> {
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
    answer,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return source;
}

export function list(flags: Record<string, boolean>, day = 1): FlagList {
  return {
    environment: "application",
    flags,
    updated_at: `2026-01-${String(day).padStart(2, "0")}T12:00:00Z`,
  };
}

export function json(body: unknown): RequestListener {
  return (_request, response) => {
    response.writeHead(200, { "content-type": "application/json" });
    response.end(typeof body === "string" ? body : JSON.stringify(body));
  };
}
