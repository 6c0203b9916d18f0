import { GetObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { afterAll, beforeEach, expect, test } from "vitest";
import { startS3Double } from "./double.ts";
import { s3Client } from "./server.ts";

const Bucket = "flags";
const s3 = await startS3Double({ bucket: Bucket });
const client = s3Client(s3);
afterAll(() => s3.close());
beforeEach(() => s3.reset());

function put(Key: string, options: { abortSignal?: AbortSignal } = {}) {
  return client.send(new PutObjectCommand({ Bucket, Key, Body: Buffer.from("one") }), options);
}

test.each([
  ["AccessDenied", 403],
  ["InternalError", 500],
  ["SlowDown", 503],
  ["ConditionalRequestConflict", 409],
] as const)("fault() answers %s, and nothing is stored", async (kind, httpStatusCode) => {
  s3.fault({ kind });
  await expect(put("key")).rejects.toMatchObject({ name: kind, $metadata: { httpStatusCode } });
  expect(s3.objects.size).toBe(0);
  await put("key");
  expect(s3.objects.size).toBe(1);
});

test("fault() hangs until the client gives up, and nothing is stored", async () => {
  s3.fault({ kind: "hang" });
  const abort = new AbortController();
  const hanging = put("key", { abortSignal: abort.signal });
  await expect.poll(() => s3.requests.length).toBe(1);
  abort.abort();
  await expect(hanging).rejects.toMatchObject({ name: "AbortError" });
  expect(s3.objects.size).toBe(0);
});

test.each([
  ["drop", 0],
  ["drop-after", 1],
] as const)("fault() breaks the connection by %s with %i objects stored", async (kind, stored) => {
  s3.fault({ kind });
  await expect(put("key")).rejects.toMatchObject({ code: "ECONNRESET" });
  expect(s3.objects.size).toBe(stored);
  expect(s3.requests.map(({ status }) => status)).toEqual([undefined]);
});

test("fault() delays", async () => {
  s3.fault({ kind: { delay: 300 } });
  const started = performance.now();
  await put("key");
  expect(performance.now() - started).toBeGreaterThan(290);
  expect(s3.objects.size).toBe(1);
});

test("fault() applies to matching requests, the given number of times", async () => {
  s3.fault({ kind: "InternalError", match: ({ key }) => key.startsWith("b"), times: 2 });
  const results: string[] = [];
  for (const key of ["a", "b1", "a", "b2", "b3"]) {
    const result = await put(key).then(
      () => "stored",
      (error: Error) => error.name,
    );
    results.push(result);
  }
  expect(results).toEqual(["stored", "InternalError", "stored", "InternalError", "stored"]);
});

test("fault() is overcome by the SDK's own retries", async () => {
  const retrying = s3Client(s3, { maxAttempts: 3 });
  s3.fault({ kind: "InternalError", times: 2 });
  await retrying.send(new PutObjectCommand({ Bucket, Key: "key", Body: "one" }));
  const statuses = s3.requests.map(({ status }) => status);
  expect(statuses).toEqual([500, 500, 200]);
  s3.fault({ kind: "drop", times: Number.POSITIVE_INFINITY });
  await expect(retrying.send(new GetObjectCommand({ Bucket, Key: "key" }))).rejects.toThrow();
  expect(s3.requests.length).toBe(6);
});

test("close() ends a request that hangs", async () => {
  await using other = await startS3Double({ bucket: Bucket });
  other.fault({ kind: "hang" });
  const hanging = s3Client(other).send(new GetObjectCommand({ Bucket, Key: "key" }));
  const ended = expect(hanging).rejects.toThrow();
  await expect.poll(() => other.requests.length).toBe(1);
  await other.close();
  await ended;
});
