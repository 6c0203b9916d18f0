/** A CDN in front of a bucket: what it has fetched once it serves for a while. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface Edge {
  readonly url: string;
  /** As whoever invalidates everything. */
  readonly forget: () => void;
  readonly close: () => Promise<void>;
}

interface Kept {
  readonly until: number;
  readonly status: number;
  readonly type: string;
  readonly body: Buffer;
}

/** `origin` is the bucket's URL; `maxAge` is in milliseconds. */
export async function startEdge(origin: string, maxAge: number): Promise<Edge> {
  const kept = new Map<string, Kept>();

  async function get(path: string): Promise<Kept> {
    const known = kept.get(path);
    if (known && Date.now() < known.until) return known;
    const answer = await fetch(origin + path);
    const fresh = {
      until: Date.now() + maxAge,
      status: answer.status,
      type: answer.headers.get("content-type") ?? "",
      body: Buffer.from(await answer.arrayBuffer()),
    };
    kept.set(path, fresh);
    return fresh;
  }

  const server = createServer((request, response) => {
    get(request.url ?? "/").then(
      ({ status, type, body }) => response.writeHead(status, { "content-type": type }).end(body),
      () => response.destroy(),
    );
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    forget: () => kept.clear(),
    async close() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
