import { createHash } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import path from "node:path";
import { contentTypeOf, fileOf, parsePath } from "../../schema/compile/urls.ts";
import { isNotModified } from "../http/conditions.ts";

/** Serves a published directory as a CDN does, for trying things out: to anyone, reads only. */
export function cdnHandler(directory: string) {
  return (request: IncomingMessage, response: ServerResponse): void => {
    const url = (request.url ?? "").split("?")[0] ?? "";
    const isRead = request.method === "GET" || request.method === "HEAD";
    const found = isRead ? read(directory, url) : undefined;
    const { body } = found ?? read(directory, "/errors/404.json") ?? { body: Buffer.from("{}") };
    const etag = `"${createHash("md5").update(body).digest("hex")}"`;
    const headers = {
      "Access-Control-Allow-Origin": "*",
      "Cache-Control": found
        ? "public, max-age=30, stale-while-revalidate=300, stale-if-error=86400"
        : "public, max-age=10",
      ETag: etag,
      ...(found ? { "Last-Modified": found.written.toUTCString() } : {}),
    };
    if (found && isNotModified(request.headers["if-none-match"], etag)) {
      response.writeHead(304, headers).end();
      return;
    }
    const type = contentTypeOf(found ? url : "/errors/404.json");
    response.writeHead(found ? 200 : 404, {
      ...headers,
      "Content-Type": type,
      "Content-Length": body.length,
    });
    response.end(request.method === "HEAD" ? undefined : body);
  };
}

/** Reads a file only for paths that a release can have: no other path reaches the file system. */
function read(directory: string, url: string): { body: Buffer; written: Date } | undefined {
  if (!parsePath(url)) return undefined;
  try {
    const file = path.join(directory, fileOf(url));
    return { body: readFileSync(file), written: statSync(file).mtime };
  } catch {
    return undefined;
  }
}
