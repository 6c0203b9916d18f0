import {
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  type ListObjectsV2CommandOutput,
  PutObjectCommand,
} from "@aws-sdk/client-s3";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { startS3Double, storedObject } from "./double.ts";
import { s3Client } from "./server.ts";

const Bucket = "flags";
const s3 = await startS3Double({ bucket: Bucket, pageSize: 3 });
const client = s3Client(s3);
afterAll(() => s3.close());
beforeEach(() => s3.reset());

const ONE = storedObject("one").etag;
const TWO = storedObject("two").etag;

function put(
  Key: string,
  Body: string,
  condition: { IfMatch?: string; IfNoneMatch?: string } = {},
) {
  return client.send(new PutObjectCommand({ Bucket, Key, Body: Buffer.from(Body), ...condition }));
}

function bodyOf(key: string): string | undefined {
  return s3.objects.get(key)?.body.toString();
}

describe("PutObject and GetObject", () => {
  test("PutObject keeps body, headers and metadata, and GetObject returns them", async () => {
    const sent = {
      ContentType: "application/json",
      CacheControl: "public, max-age=30",
      Metadata: { commit: "9f8e7d6" },
    };
    const Key = "v1/feature-flags/meal_planning";
    const stored = await client.send(new PutObjectCommand({ Bucket, Key, Body: "{}", ...sent }));
    const read = await client.send(new GetObjectCommand({ Bucket, Key }));

    expect(read).toMatchObject({ ...sent, ETag: stored.ETag, ContentLength: 2 });
    expect(read.ETag).toBe('"99914b932bd37a50b983c5e7c90ae93b"');
    expect(Math.abs(Date.now() - Number(read.LastModified))).toBeLessThan(60_000);
    expect(await read.Body?.transformToString()).toBe("{}");
    expect(await client.send(new HeadObjectCommand({ Bucket, Key }))).toMatchObject(sent);
  });

  test.each([
    "v1/feature-flags/",
    "a b/ c",
    "ünï/日本語/🚩",
    "1+1=2&3%2F4?#;:@$,!*'()~",
    "//double//slash",
    "dots/../and/./dots",
    "<a>&\"b\"'c'",
  ])("PutObject stores, lists and deletes the key %j", async (Key) => {
    await put(Key, "one");
    expect([...s3.objects.keys()]).toEqual([Key]);
    const read = await client.send(new GetObjectCommand({ Bucket, Key }));
    expect(await read.Body?.transformToString()).toBe("one");
    const list = await client.send(new ListObjectsV2Command({ Bucket, Prefix: Key }));
    expect(list.Contents).toMatchObject([{ Key, ETag: ONE, Size: 3 }]);

    await client.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key }] } }));
    expect(s3.objects.size).toBe(0);
  });

  test("GetObject names the missing object", async () => {
    const key = client.send(new GetObjectCommand({ Bucket, Key: "none" }));
    await expect(key).rejects.toMatchObject({ name: "NoSuchKey" });
    const head = client.send(new HeadObjectCommand({ Bucket, Key: "none" }));
    await expect(head).rejects.toMatchObject({ name: "NotFound" });
    const bucket = client.send(new GetObjectCommand({ Bucket: "other", Key: "none" }));
    await expect(bucket).rejects.toMatchObject({ name: "NoSuchBucket" });
    await expect(client.send(new HeadBucketCommand({ Bucket: "other" }))).rejects.toMatchObject({
      name: "NotFound",
    });
    await client.send(new HeadBucketCommand({ Bucket }));
  });

  test("GetObject is conditional", async () => {
    await put("key", "one");
    const get = (condition: object) =>
      client.send(new GetObjectCommand({ Bucket, Key: "key", ...condition }));

    await expect(get({ IfNoneMatch: ONE })).rejects.toMatchObject({
      $metadata: { httpStatusCode: 304 },
    });
    await expect(get({ IfMatch: TWO })).rejects.toMatchObject({ name: "PreconditionFailed" });
    await expect(get({ IfNoneMatch: TWO })).resolves.toMatchObject({ ETag: ONE });
    await expect(get({ IfMatch: ONE })).resolves.toMatchObject({ ETag: ONE });
  });

  test("GetObject with an unknown parameter is refused", async () => {
    await put("key", "one");
    const range = client.send(new GetObjectCommand({ Bucket, Key: "key", Range: "bytes=0-1" }));
    await expect(range).rejects.toMatchObject({ name: "NotImplemented" });
    const folders = client.send(new ListObjectsV2Command({ Bucket, Delimiter: "/" }));
    await expect(folders).rejects.toMatchObject({ name: "NotImplemented" });
  });
});

describe("conditional writes", () => {
  test("PutObject with If-None-Match: * creates, and does not replace", async () => {
    await put("key", "one", { IfNoneMatch: "*" });
    await expect(put("key", "two", { IfNoneMatch: "*" })).rejects.toMatchObject({
      name: "PreconditionFailed",
      $metadata: { httpStatusCode: 412 },
    });
    expect(bodyOf("key")).toBe("one");
  });

  test("PutObject with If-None-Match: * succeeds for one of forty concurrent requests", async () => {
    const writers = Array.from({ length: 40 }, (_, n) => put("key", `${n}`, { IfNoneMatch: "*" }));
    const results = await Promise.allSettled(writers);
    const winners = results.flatMap(({ status }, n) => (status === "fulfilled" ? [`${n}`] : []));
    expect(winners).toEqual([bodyOf("key")]);
  });

  test.each([
    ["quoted", ONE],
    ["unquoted", ONE.replaceAll('"', "")],
  ])(
    "PutObject with a %s If-Match replaces the object with the seen ETag, once",
    async (_, IfMatch) => {
      await put("key", "one");
      await put("key", "two", { IfMatch });
      await expect(put("key", "three", { IfMatch })).rejects.toMatchObject({
        name: "PreconditionFailed",
        $metadata: { httpStatusCode: 412 },
      });
      expect(bodyOf("key")).toBe("two");
    },
  );

  test("PutObject with If-Match does not create", async () => {
    await expect(put("key", "two", { IfMatch: ONE })).rejects.toMatchObject({
      name: "NoSuchKey",
      $metadata: { httpStatusCode: 404 },
    });
    expect(s3.objects.size).toBe(0);
  });

  test("DeleteObject with If-Match deletes only the object with the seen ETag", async () => {
    await put("key", "one");
    const remove = (IfMatch?: string) =>
      client.send(new DeleteObjectCommand({ Bucket, Key: "key", ...(IfMatch && { IfMatch }) }));

    await expect(remove(TWO)).rejects.toMatchObject({ name: "PreconditionFailed" });
    expect(bodyOf("key")).toBe("one");
    await remove(ONE);
    expect(s3.objects.size).toBe(0);
    await expect(remove(ONE)).rejects.toMatchObject({ name: "NoSuchKey" });
    await expect(remove()).resolves.toMatchObject({ $metadata: { httpStatusCode: 204 } });
  });

  test("DeleteObjects answers for each key", async () => {
    await put("old", "one");
    await put("changed", "two");
    const Objects = [{ Key: "old", ETag: ONE }, { Key: "changed", ETag: ONE }, { Key: "none" }];
    const answer = await client.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
    expect(answer.Deleted).toEqual([{ Key: "old" }, { Key: "none" }]);
    expect(answer.Errors).toMatchObject([{ Key: "changed", Code: "PreconditionFailed" }]);
    expect([...s3.objects.keys()]).toEqual(["changed"]);
  });
});

describe("ListObjectsV2", () => {
  test("ListObjectsV2 pages through a prefix in the order of UTF-8", async () => {
    const keys = ["v1/", "v1/B", "v1/a", "v1/a/b", "v1/a_b", "v1/é", "v1/\ufffd", "v1/🚩"];
    for (const key of [...keys, "v0", "v2"].reverse()) s3.objects.set(key, storedObject(key));

    const pages = await listPages({});
    expect(pages.map(({ KeyCount }) => KeyCount)).toEqual([3, 3, 2]);
    expect(keysOn(pages)).toEqual(keys);
    const single = await listPages({ MaxKeys: 1 });
    expect(single.map(({ KeyCount }) => KeyCount)).toEqual(keys.map(() => 1));
    expect(keysOn(single)).toEqual(keys);
  });

  test("ListObjectsV2 continues after its last key if that was deleted", async () => {
    for (const key of ["v1/a", "v1/b", "v1/c", "v1/d"]) s3.objects.set(key, storedObject(key));
    const first = await client.send(new ListObjectsV2Command({ Bucket, Prefix: "v1/" }));
    s3.objects.delete("v1/c");
    const ContinuationToken = first.NextContinuationToken;
    const next = await client.send(new ListObjectsV2Command({ Bucket, ContinuationToken }));
    expect(keysOn([next])).toEqual(["v1/d"]);
  });

  async function listPages(input: { MaxKeys?: number }): Promise<ListObjectsV2CommandOutput[]> {
    const pages: ListObjectsV2CommandOutput[] = [];
    let token: string | undefined;
    do {
      const command = { Bucket, Prefix: "v1/", ContinuationToken: token, ...input };
      const page = await client.send(new ListObjectsV2Command(command));
      pages.push(page);
      token = page.NextContinuationToken;
      expect(page.IsTruncated).toBe(token !== undefined);
    } while (token !== undefined);
    return pages;
  }

  function keysOn(pages: readonly ListObjectsV2CommandOutput[]) {
    return pages.flatMap(({ Contents = [] }) => Contents.map(({ Key }) => Key));
  }
});

test("startS3Double() records requests and responses", async () => {
  await put("key", "one", { IfNoneMatch: "*" });
  await put("key", "two", { IfNoneMatch: "*" }).catch(() => {});
  await client.send(new GetObjectCommand({ Bucket, Key: "key" }));
  expect(s3.requests.map(({ operation, key, status }) => [operation, key, status])).toEqual([
    ["PutObject", "key", 200],
    ["PutObject", "key", 412],
    ["GetObject", "key", 200],
  ]);
});
