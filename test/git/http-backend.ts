import { spawn } from "node:child_process";
import type { IncomingMessage } from "node:http";
import path from "node:path";
import { buffer } from "node:stream/consumers";

export interface BackendAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** Answers a request by git's own smart HTTP program, over the necessary part of CGI (RFC 3875). */
export async function runHttpBackend(
  repository: string,
  request: IncomingMessage,
  content: Buffer,
): Promise<BackendAnswer> {
  const { pathname, search } = new URL(request.url ?? "", "http://localhost");
  const { headers } = request;
  const child = spawn("git", ["http-backend"], {
    env: {
      PATH: process.env.PATH,
      GIT_CONFIG_GLOBAL: "/dev/null",
      GIT_CONFIG_NOSYSTEM: "1",
      GIT_PROJECT_ROOT: path.dirname(repository),
      GIT_HTTP_EXPORT_ALL: "1",
      REMOTE_USER: "bunting",
      PATH_INFO: pathname,
      QUERY_STRING: search.slice(1),
      REQUEST_METHOD: request.method,
      CONTENT_TYPE: headers["content-type"] ?? "",
      CONTENT_LENGTH: `${content.length}`,
      HTTP_CONTENT_ENCODING: headers["content-encoding"] ?? "",
      HTTP_GIT_PROTOCOL: headers["git-protocol"] as string | undefined,
    },
    stdio: ["pipe", "pipe", "ignore"],
  });
  child.stdin.on("error", () => {}); // it may stop reading early
  child.stdin.end(content);
  return parseAnswer(await buffer(child.stdout));
}

function parseAnswer(bytes: Buffer): BackendAnswer {
  const end = bytes.indexOf("\r\n\r\n");
  const lines = bytes.toString("latin1", 0, end).split("\r\n");
  const pairs = lines.map((line) => line.split(": ") as [string, string]);
  const { Status: status = "200", ...headers } = Object.fromEntries(pairs);
  return { status: Number.parseInt(status, 10), headers, body: bytes.subarray(end + 4) };
}
