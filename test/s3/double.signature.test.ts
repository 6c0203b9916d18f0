import { request as httpRequest } from "node:http";
import { PutObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { startS3Double, storedObject } from "./double.ts";
import { s3Client } from "./server.ts";

const Bucket = "flags";
const s3 = await startS3Double({ bucket: Bucket });
afterAll(() => s3.close());
beforeEach(() => s3.reset());

interface SignedRequest {
  method: string;
  path: string;
  query: Record<string, string>;
  headers: Record<string, string>;
  body: string;
}

describe("signatures", () => {
  test("a request signed with the right secret succeeds", async () => {
    await put(s3Client(s3));
    expect(s3.objects.get("key")?.body.toString()).toBe("one");
  });

  test.each([
    [
      "a wrong secret",
      { credentials: { ...s3.credentials, secretAccessKey: "wrong" } },
      "SignatureDoesNotMatch",
    ],
    [
      "an unknown key",
      { credentials: { ...s3.credentials, accessKeyId: "AKIAOTHER" } },
      "InvalidAccessKeyId",
    ],
    ["another region", { region: "us-east-1" }, "AuthorizationHeaderMalformed"],
    ["a clock 16 minutes slow", { systemClockOffset: -16 * 60_000 }, "RequestTimeTooSkewed"],
    ["a clock 16 minutes fast", { systemClockOffset: 16 * 60_000 }, "RequestTimeTooSkewed"],
  ])("%s is refused", async (_, config, name) => {
    await expect(put(s3Client(s3, config))).rejects.toMatchObject({ name });
    expect(s3.objects.size).toBe(0);
  });

  test("a clock 14 minutes slow is tolerated", async () => {
    await put(s3Client(s3, { systemClockOffset: -14 * 60_000 }));
    expect(s3.objects.size).toBe(1);
  });

  test.each<[string, (request: SignedRequest) => void, string]>([
    ["key", (request) => (request.path = "/flags/other"), "SignatureDoesNotMatch"],
    ["query", (request) => (request.query["x-id"] = "GetObject"), "SignatureDoesNotMatch"],
    [
      "metadata",
      (request) => (request.headers["x-amz-meta-commit"] = "2"),
      "SignatureDoesNotMatch",
    ],
    ["condition", (request) => (request.headers["if-none-match"] = '"1"'), "SignatureDoesNotMatch"],
    ["new metadata", (request) => (request.headers["x-amz-meta-new"] = "2"), "AccessDenied"],
    ["body", (request) => (request.body = "two"), "XAmzContentSHA256Mismatch"],
    [
      "digest",
      (request) => (request.headers["x-amz-content-sha256"] = sha256OfTwo),
      "SignatureDoesNotMatch",
    ],
  ])("a %s changed after signing is refused", async (_, tamper, code) => {
    const signed = await signedPut();
    expect(await send(signed)).toContain("200");
    s3.reset();
    tamper(signed);
    expect(await send(signed)).toContain(`<Code>${code}</Code>`);
    expect(s3.objects.size).toBe(0);
  });

  test("a body and its digest changed after signing are refused", async () => {
    const signed = await signedPut();
    signed.body = "two";
    signed.headers["x-amz-content-sha256"] = sha256OfTwo;
    signed.headers["x-amz-checksum-crc32"] = "EMfkmg==";
    expect(await send(signed)).toContain("<Code>SignatureDoesNotMatch</Code>");
    expect(s3.objects.size).toBe(0);
  });

  test("a signed request with a wrong checksum is refused", async () => {
    const command = new PutObjectCommand({
      Bucket,
      Key: "key",
      Body: "one",
      ChecksumCRC32: "AAAAAA==",
    });
    await expect(s3Client(s3).send(command)).rejects.toMatchObject({ name: "BadDigest" });
    expect(s3.objects.size).toBe(0);
  });
});

describe("anonymous requests", () => {
  test("an anonymous client may do nothing", async () => {
    s3.objects.set("key", storedObject("one"));
    for (const method of ["GET", "HEAD", "PUT", "DELETE"]) {
      const { status } = await fetch(`${s3.endpoint}/flags/key`, { method });
      expect([method, status]).toEqual([method, 403]);
    }
  });

  test("an anonymous client may read a public bucket, and does not learn which objects are missing", async () => {
    await using open = await startS3Double({ bucket: Bucket, publicRead: true });
    open.objects.set("key", storedObject("one"));
    const url = `${open.endpoint}/flags`;
    expect(await (await fetch(`${url}/key`)).text()).toBe("one");
    expect((await fetch(`${url}/none`)).status).toBe(403);
    expect((await fetch(`${url}/?list-type=2`)).status).toBe(403);
    expect((await fetch(`${url}/key`, { method: "PUT", body: "two" })).status).toBe(403);
    expect((await fetch(`${url}/key`, { method: "DELETE" })).status).toBe(403);
  });

  test("an anonymous client that may list gets a 404 for a missing object", async () => {
    await using open = await startS3Double({ bucket: Bucket, publicRead: true, publicList: true });
    expect((await fetch(`${open.endpoint}/flags/none`)).status).toBe(404);
    expect((await fetch(`${open.endpoint}/flags/?list-type=2`)).status).toBe(200);
  });
});

const sha256OfTwo = "3fc4ccfe745870e2c0d99f71f30ff0656c8dedd41cc1d7d3d376b0dbe685e2f3";

function put(client: S3Client) {
  const Body = Buffer.from("one");
  const Metadata = { commit: "1" };
  return client.send(
    new PutObjectCommand({ Bucket, Key: "key", Body, Metadata, IfNoneMatch: "*" }),
  );
}

/** The signed request of the SDK for a put, which can be sent by other means. */
async function signedPut(): Promise<SignedRequest> {
  const client = s3Client(s3);
  let signed: SignedRequest | undefined;
  client.middlewareStack.add(
    (next) => (args) => {
      signed = args.request as SignedRequest;
      return next(args);
    },
    { step: "deserialize" },
  );
  await put(client);
  s3.reset();
  if (!signed) throw new Error("Cannot capture the request: the SDK sent none");
  return { ...signed, query: { ...signed.query }, headers: { ...signed.headers }, body: "one" };
}

function send({ method, path, query, headers, body }: SignedRequest): Promise<string> {
  const url = `${s3.endpoint}${path}?${new URLSearchParams(query)}`;
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { method, headers }, async (response) => {
      const text = (await response.toArray()).join("");
      resolve(`${response.statusCode} ${text}`);
    });
    request.on("error", reject).end(body);
  });
}
