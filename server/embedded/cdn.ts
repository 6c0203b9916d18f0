import { readFileSync, statSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import path from "node:path";
import { outputs, publishedCacheControl } from "../../schema/compile/outputs.ts";
import { contentTypeOf, fileOf, parsePath } from "../../schema/compile/urls.ts";
import { entityTag, sendTagged } from "../http/send.ts";

/** Serves a published directory like a CDN, for local use: to anyone, reads only. */
export function cdnHandler(directory: string) {
  return (request: IncomingMessage, response: ServerResponse): void => {
    const url = (request.url ?? "").split("?")[0] ?? "";
    const isRead = request.method === "GET" || request.method === "HEAD";
    const found = isRead ? read(directory, url) : undefined;
    response.setHeader("Access-Control-Allow-Origin", "*");
    if (found) {
      const { body, written } = found;
      response.setHeader("Cache-Control", publishedCacheControl);
      response.setHeader("Last-Modified", written.toUTCString());
      sendTagged(request, response, entityTag(body), contentTypeOf(url), body);
      return;
    }
    const body = read(directory, "/errors/404.json")?.body ?? Buffer.from("{}");
    response.statusCode = 404;
    response.setHeader("Cache-Control", outputs.error.cacheControl);
    response.setHeader("Content-Type", outputs.error.contentType);
    response.setHeader("ETag", entityTag(body));
    response.end(body);
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
