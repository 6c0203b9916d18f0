import { describe } from "vitest";
import { type S3Double, type S3DoubleOptions, startS3Double, storedObject } from "../s3/double.ts";
import { nginxInstalled, startNginx } from "./nginx.ts";

/** A bucket that anyone may read, with nginx in front of it. */
export interface Edge extends AsyncDisposable {
  readonly s3: S3Double;
  put(key: string, body: string, cacheControl: string): { readonly etag: string };
  /** The URL of nginx. */
  readonly url: string;
  get(path: string, init?: RequestInit): Promise<EdgeAnswer>;
  /** The bucket's responses to requests for `key`. */
  originStatuses(key: string): readonly (number | undefined)[];
}

export interface EdgeAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** nginx's cache status of the response: `MISS`, `HIT`, `STALE`, `REVALIDATED`. */
  readonly cache: string | null;
}

const installed = nginxInstalled();
if (!installed) {
  const cure = "apt-get install -y --no-install-recommends nginx-light";
  process.stderr.write(`\nSKIPPED, NOT TESTED: the CDN, because nginx is missing (${cure})\n`);
}
export const describeWithNginx = describe.skipIf(!installed);

export async function startEdge(options: Partial<S3DoubleOptions> = {}): Promise<Edge> {
  const s3 = await startS3Double({ bucket: "flags", publicRead: true, ...options });
  const nginx = await startNginx({ origin: s3.endpoint, bucket: "flags" });
  return {
    s3,
    url: nginx.url,
    put(key, body, cacheControl) {
      const object = storedObject(body, { contentType: "application/json", cacheControl });
      s3.objects.set(key, object);
      return object;
    },
    async get(path, init) {
      const response = await fetch(`${nginx.url}/${path}`, init);
      const { status, headers } = response;
      return { status, headers, text: await response.text(), cache: headers.get("x-cache-status") };
    },
    originStatuses: (key) =>
      s3.requests.filter((request) => request.key === key).map(({ status }) => status),
    async [Symbol.asyncDispose]() {
      await nginx.close();
      await s3.close();
    },
  };
}
