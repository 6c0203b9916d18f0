/**
 * Serves a bare repository over smart HTTP, as a hosting service does, and prints its URL. It ends
 * with its standard input.
 *
 *     remote.ts REPOSITORY
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { buffer } from "node:stream/consumers";
import { runHttpBackend } from "../../git/http-backend.ts";

const [repository = ""] = process.argv.slice(2);

const server = createServer(async (request, response) => {
  const answer = await runHttpBackend(repository, request, await buffer(request));
  response.writeHead(answer.status, answer.headers).end(answer.body);
});
server.listen(0, "127.0.0.1", () => {
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}/${path.basename(repository)}`;
  console.log(JSON.stringify({ url }));
});
process.stdin.on("end", () => process.exit()).resume();
