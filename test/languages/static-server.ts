import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { fileOf } from "../../schema/compile/urls.ts";

/** A plain file server, such as a bucket's website. Serves the bytes that a file has at that moment. */
export async function serveDirectory(directory: string) {
  const server = createServer(async ({ url = "/" }, response) => {
    try {
      const body = await readFile(path.join(directory, fileOf(url)));
      response.writeHead(200, { "Content-Type": "application/json" }).end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
