import type { IncomingMessage } from "node:http";

/** One complete request to the double, with the names of S3's reference. */
export interface S3Request {
  readonly operation: Operation;
  readonly method: string;
  /** As received, still percent-encoded: the client has signed this form. */
  readonly path: string;
  readonly bucket: string;
  /** `""` if the request is about the bucket. */
  readonly key: string;
  readonly query: URLSearchParams;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export type Operation =
  | "PutObject"
  | "GetObject"
  | "HeadObject"
  | "DeleteObject"
  | "DeleteObjects"
  | "ListObjectsV2"
  | "HeadBucket"
  | "NotImplemented";

const KNOWN_QUERY = /^(x-id|list-type|prefix|max-keys|start-after|continuation-token|delete)$/;
const UNKNOWN_HEADER =
  /^(range|content-md5|x-amz-(?!(meta-.+|date|content-sha256|user-agent|checksum-crc32|checksum-mode|sdk-checksum-algorithm)$).*)$/;

/** @returns `undefined` when the path is no valid percent-encoding of UTF-8 */
export async function readRequest(message: IncomingMessage): Promise<S3Request | undefined> {
  const { method = "", url = "" } = message;
  const [path = "", search = ""] = url.split(/\?(.*)/s);
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk);

  const decoded = decode(path);
  if (decoded === undefined) return undefined;
  const [bucket = "", key = ""] = decoded.slice(1).split(/\/(.*)/s);
  const query = new URLSearchParams(search);
  const headers = Object.fromEntries(
    Object.entries(message.headers).map(([name, value]) => [name, String(value)]),
  );
  const known =
    [...query.keys()].every((name) => KNOWN_QUERY.test(name)) &&
    !Object.keys(headers).some((name) => UNKNOWN_HEADER.test(name));
  const operation = known ? operationOf(method, key, query) : "NotImplemented";
  return { operation, method, path, bucket, key, query, headers, body: Buffer.concat(chunks) };
}

/** Unknown parameters are refused, so that no test passes because the double ignored them. */
function operationOf(method: string, key: string, query: URLSearchParams): Operation {
  if (key === "") {
    if (method === "HEAD") return "HeadBucket";
    if (method === "GET" && query.get("list-type") === "2") return "ListObjectsV2";
    if (method === "POST" && query.has("delete")) return "DeleteObjects";
    return "NotImplemented";
  }
  if (method === "PUT") return "PutObject";
  if (method === "GET") return "GetObject";
  if (method === "HEAD") return "HeadObject";
  return method === "DELETE" ? "DeleteObject" : "NotImplemented";
}

function decode(path: string): string | undefined {
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}
