/**
 * An S3 in this process, for tests: path-style, one bucket, with AWS's own check of signatures,
 * AWS's conditional writes, paged listings, and faults on demand. It refuses unsupported requests.
 */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { type Answer, refuse } from "./double/answer.ts";
import { type Fault, Faults } from "./double/fault.ts";
import type { Objects } from "./double/object.ts";
import { readRequest, type S3Request } from "./double/request.ts";
import { answerTo, type Bucket } from "./double/service.ts";
import { signatureVerifier } from "./double/signature.ts";
import type { S3Server } from "./server.ts";

export { storedObject } from "./double/object.ts";

export interface S3Double extends S3Server {
  /** The stored objects by key. A test may change them directly. */
  readonly objects: Objects;
  /** Every request that arrived completely, in order. */
  readonly requests: readonly RecordedRequest[];
  fault(fault: Fault): void;
  /** Forgets objects, requests and faults. */
  reset(): void;
}

export interface RecordedRequest extends S3Request {
  /** `undefined` before the response. */
  readonly status: number | undefined;
}

export interface S3DoubleOptions {
  readonly bucket: string;
  /** Keys on one page of a listing, unless the client asks for fewer. */
  readonly pageSize?: number;
  /** Anyone may read objects, as by a bucket policy with `s3:GetObject`. */
  readonly publicRead?: boolean;
  /** Anyone may list, as by `s3:ListBucket`: only then a missing object is a 404 for them, not a 403. */
  readonly publicList?: boolean;
  /** Answers 412 to an `If-Match` with quotes, as Ceph 16 does. */
  readonly refusesQuotedEtags?: boolean;
  /** Ignores `If-Match` on DELETE, as Ceph 16 does. */
  readonly ignoresConditionOnDelete?: boolean;
}

const REGION = "eu-central-1";
const CREDENTIALS = { accessKeyId: "AKIADOUBLE", secretAccessKey: "the double's secret" };

export async function startS3Double(options: S3DoubleOptions): Promise<S3Double> {
  const bucket: Bucket = {
    name: options.bucket,
    objects: new Map(),
    verify: signatureVerifier(CREDENTIALS, REGION),
    pageSize: options.pageSize ?? 1000,
    publicRead: options.publicRead ?? false,
    publicList: options.publicList ?? false,
    refusesQuotedEtags: options.refusesQuotedEtags ?? false,
    ignoresConditionOnDelete: options.ignoresConditionOnDelete ?? false,
  };
  const requests: (S3Request & { status: number | undefined })[] = [];
  const faults = new Faults();

  async function serve(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const request = await readRequest(message);
    if (!request) return send(response, refuse("InvalidURI"));
    const recorded = { ...request, status: undefined as number | undefined };
    requests.push(recorded);

    const answer = await outcomeOf(faults.take(request), request);
    if (answer === "silence") return;
    if (answer === "broken") {
      message.socket.destroy();
      return;
    }
    recorded.status = answer.status;
    send(response, answer);
  }

  async function outcomeOf(
    fault: Fault["kind"] | undefined,
    request: S3Request,
  ): Promise<Answer | "silence" | "broken"> {
    if (fault === "hang") return "silence";
    if (fault === "drop") return "broken";
    if (typeof fault === "object") await pause(fault.delay, undefined, { ref: false });
    else if (fault !== undefined && fault !== "drop-after") return refuse(fault, request.key);
    const answer = await answerTo(request, bucket);
    return fault === "drop-after" ? "broken" : answer;
  }

  // The server must not close a kept connection between two requests.
  const server = createServer({ keepAliveTimeout: 600_000 }, (message, response) => {
    serve(message, response).catch((error: unknown) => {
      message.socket.destroy();
      // If the client disconnects while it sends, the request is dropped; any other error is a bug of the double.
      if (message.complete) throw error;
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;

  async function close(): Promise<void> {
    if (!server.listening) return;
    const closed = once(server, "close");
    server.close();
    server.closeAllConnections();
    await closed;
  }

  return {
    endpoint: `http://127.0.0.1:${port}`,
    credentials: CREDENTIALS,
    region: REGION,
    objects: bucket.objects,
    requests,
    fault: (fault) => faults.announce(fault),
    reset() {
      bucket.objects.clear();
      requests.length = 0;
      faults.clear();
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

function send(response: ServerResponse, { status, headers, body = "" }: Answer): void {
  const bodiless = status === 204 || status === 304;
  const length = bodiless ? {} : { "content-length": Buffer.byteLength(body) };
  response.writeHead(status, { ...headers, ...length });
  response.end(response.req.method === "HEAD" ? undefined : body);
}
