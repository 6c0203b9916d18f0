/** A CDN in front of a bucket: it serves each response that it has fetched until `maxAge` has passed. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface Edge {
  readonly url: string;
  /** Invalidates every cached response. */
  readonly invalidate: () => void;
  readonly close: () => Promise<void>;
}

interface CachedResponse {
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

const forwardedHeaders = ["content-type", "cache-control", "etag"];

/** `origin` is the bucket's URL; `maxAge` is in milliseconds. */
export async function startEdge(origin: string, maxAge: number): Promise<Edge> {
  const cache = new Map<string, CachedResponse>();

  async function get(path: string): Promise<CachedResponse> {
    const cached = cache.get(path);
    if (cached && Date.now() < cached.expiresAt) return cached;
    const response = await fetch(origin + path);
    const headers = forwardedHeaders.flatMap((name) => {
      const value = response.headers.get(name);
      return value === null ? [] : [[name, value] as const];
    });
    const fetched = {
      expiresAt: Date.now() + maxAge,
      status: response.status,
      headers: Object.fromEntries(headers),
      body: Buffer.from(await response.arrayBuffer()),
    };
    cache.set(path, fetched);
    return fetched;
  }

  const server = createServer((request, response) => {
    get(request.url ?? "/").then(
      ({ status, headers, body }) => response.writeHead(status, headers).end(body),
      () => response.destroy(),
    );
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    invalidate: () => cache.clear(),
    async close() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
