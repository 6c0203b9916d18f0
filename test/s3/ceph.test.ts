import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cephInstalled, startCeph } from "./ceph.ts";
import { type S3Server, s3Client } from "./server.ts";

const Bucket = "flags";
const installed = cephInstalled();
if (!installed) {
  const cure = "apt-get install -y --no-install-recommends radosgw ceph-mon ceph-osd";
  process.stderr.write(`\nSKIPPED, NOT TESTED: a real S3, because Ceph is missing (${cure})\n`);
}

describe.skipIf(!installed)("startCeph()", () => {
  let s3: S3Server;
  let client: S3Client;
  beforeAll(async () => {
    s3 = await startCeph();
    client = s3Client(s3);
    await client.send(new CreateBucketCommand({ Bucket }));
  });
  afterAll(() => s3?.close());

  function put(Key: string, Body: string, condition: { IfMatch?: string; IfNoneMatch?: string }) {
    const input = { Bucket, Key, Body: Buffer.from(Body), ...condition };
    return client.send(new PutObjectCommand(input));
  }

  async function bodyOf(Key: string): Promise<string | undefined> {
    const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }));
    return Body?.transformToString();
  }

  test("keeps body, headers and metadata", async () => {
    const sent = {
      ContentType: "application/json",
      CacheControl: "public, max-age=30",
      Metadata: { commit: "9f8e7d6" },
    };
    const Key = "v1/feature-flags/";
    await client.send(new PutObjectCommand({ Bucket, Key, Body: Buffer.from("{}"), ...sent }));
    const read = await client.send(new GetObjectCommand({ Bucket, Key }));
    expect(read).toMatchObject({ ...sent, ETag: '"99914b932bd37a50b983c5e7c90ae93b"' });
    expect(await read.Body?.transformToString()).toBe("{}");
  });

  test("replaces only the object with the seen ETag", async () => {
    const { ETag = "" } = await put("seen", "one", { IfNoneMatch: "*" });
    expect(ETag).toMatch(/^"[0-9a-f]{32}"$/);
    const IfMatch = ETag.replaceAll('"', "");
    await put("seen", "two", { IfMatch });
    const late = { name: "PreconditionFailed", $metadata: { httpStatusCode: 412 } };
    await expect(put("seen", "three", { IfMatch })).rejects.toMatchObject(late);
    await expect(put("seen", "three", { IfNoneMatch: "*" })).rejects.toMatchObject(late);
    expect(await bodyOf("seen")).toBe("two");
  });

  test("refuses an ETag with quotes, unlike AWS", async () => {
    const { ETag = "" } = await put("quoted", "one", { IfNoneMatch: "*" });
    await expect(put("quoted", "two", { IfMatch: ETag })).rejects.toMatchObject({
      name: "PreconditionFailed",
    });
  });

  test("ignores If-Match on DELETE, unlike AWS", async () => {
    await put("deleted", "one", {});
    const IfMatch = "00000000000000000000000000000000";
    await client.send(new DeleteObjectCommand({ Bucket, Key: "deleted", IfMatch }));
    await expect(bodyOf("deleted")).rejects.toMatchObject({ name: "NoSuchKey" });
  });

  test("lets one of forty racing writers win", async () => {
    const writers = Array.from({ length: 40 }, (_, n) => put("race", `${n}`, { IfNoneMatch: "*" }));
    const results = await Promise.allSettled(writers);
    const winners = results.flatMap(({ status }, n) => (status === "fulfilled" ? [`${n}`] : []));
    expect(winners).toEqual([await bodyOf("race")]);
  });

  test("lists in pages, in the order of UTF-8", async () => {
    const keys = ["list/", "list/B", "list/a", "list/a/b", "list/a_b", "list/é", "list/🚩"];
    await Promise.all([...keys, "lisp"].map((key) => put(key, key, {})));
    const found: (string | undefined)[] = [];
    let ContinuationToken: string | undefined;
    do {
      const input = { Bucket, Prefix: "list/", MaxKeys: 3, ContinuationToken };
      const page = await client.send(new ListObjectsV2Command(input));
      found.push(...(page.Contents ?? []).map(({ Key }) => Key));
      ContinuationToken = page.NextContinuationToken;
    } while (ContinuationToken !== undefined);
    expect(found).toEqual(keys);
  });

  test("refuses a wrong secret", async () => {
    const credentials = { ...s3.credentials, secretAccessKey: "wrong" };
    const listing = s3Client(s3, { credentials }).send(new ListObjectsV2Command({ Bucket }));
    await expect(listing).rejects.toMatchObject({ name: "SignatureDoesNotMatch" });
  });
});
