import {
  DeleteObjectCommand,
  GetObjectCommand,
  type GetObjectCommandOutput,
  PutObjectCommand,
  paginateListObjectsV2,
  S3Client,
  type S3ClientConfig,
  S3ServiceException,
} from "@aws-sdk/client-s3";
import type { Listed, NewObject, StoredObject, Target } from "./target.ts";

/** How long S3 may be silent before a request is tried again, in milliseconds. */
const patience = 15_000;

const attempts = 5;

/** A bucket, or the part of it under a prefix. Keys are the URLs' own paths, without the first slash. */
export class S3Target implements Target {
  readonly name: string;
  readonly #bucket: string;
  readonly #prefix: string;
  readonly #client: S3Client;

  constructor(name: string, bucket: string, prefix: string, client = createClient()) {
    this.name = name;
    this.#bucket = bucket;
    this.#prefix = prefix === "" || prefix.endsWith("/") ? prefix : `${prefix}/`;
    this.#client = client;
  }

  /** S3 keeps nobody out: its conditional writes are what publishers rely on. */
  exclusively<T>(work: () => Promise<T>): Promise<T> {
    return work();
  }

  async list(): Promise<ReadonlyMap<string, Listed>> {
    const listed = new Map<string, Listed>();
    const input = { Bucket: this.#bucket, Prefix: this.#prefix };
    const pages = paginateListObjectsV2({ client: this.#client }, input);
    try {
      for await (const { Contents = [] } of pages) {
        for (const { Key = "", ETag = "", LastModified } of Contents) {
          const path = `/${Key.slice(this.#prefix.length)}`;
          listed.set(path, { etag: unquote(ETag), modified: LastModified?.getTime() ?? 0 });
        }
      }
    } catch (error) {
      throw this.#explain("list", "", error);
    }
    return listed;
  }

  async read(path: string): Promise<StoredObject | undefined> {
    try {
      const { found, body } = await this.#get(path);
      return {
        body,
        etag: unquote(found.ETag ?? ""),
        contentType: found.ContentType,
        cacheControl: found.CacheControl,
        metadata: found.Metadata ?? {},
      };
    } catch (error) {
      if (statusOf(error) === 404 && !isNoBucket(error)) return undefined;
      throw this.#explain("read", path, error);
    }
  }

  async write(object: NewObject, seen: string | undefined): Promise<boolean> {
    const condition = seen === undefined ? { IfNoneMatch: "*" } : { IfMatch: `"${seen}"` };
    const command = new PutObjectCommand({
      ...this.#at(object.path),
      ...condition,
      Body: Buffer.from(object.body),
      ContentType: object.contentType,
      CacheControl: object.cacheControl,
      Metadata: { ...object.metadata },
    });
    return this.#changes("write", object.path, () => this.#client.send(command));
  }

  async remove(path: string, seen: string): Promise<boolean> {
    const command = new DeleteObjectCommand({ ...this.#at(path), IfMatch: `"${seen}"` });
    return this.#changes("remove", path, () => this.#client.send(command), 404);
  }

  close(): void {
    this.#client.destroy();
  }

  /** The SDK tries again until an answer begins; where it breaks off, that is up to us. */
  async #get(path: string): Promise<{ found: GetObjectCommandOutput; body: Buffer }> {
    for (let attempt = 1; ; attempt++) {
      const found = await this.#client.send(new GetObjectCommand(this.#at(path)));
      try {
        return { found, body: Buffer.from((await found.Body?.transformToByteArray()) ?? []) };
      } catch (error) {
        if (attempt === attempts) throw error;
      }
    }
  }

  /** True once done; false where a condition failed. `done` is a status that means there was nothing to do. */
  async #changes(
    verb: string,
    path: string,
    send: () => Promise<unknown>,
    done?: number,
  ): Promise<boolean> {
    try {
      await send();
      return true;
    } catch (error) {
      const status = statusOf(error);
      if (status !== undefined && status === done && !isNoBucket(error)) return true;
      // 409: two conditional writes at once. 404: what should be replaced is gone.
      if (status === 412 || status === 409 || (status === 404 && !isNoBucket(error))) return false;
      throw this.#explain(verb, path, error);
    }
  }

  #at(path: string): { Bucket: string; Key: string } {
    return { Bucket: this.#bucket, Key: this.#prefix + path.slice(1) };
  }

  #explain(verb: string, path: string, error: unknown): Error {
    const { name, message } = error instanceof Error ? error : new Error(String(error));
    const status = statusOf(error);
    const reason = `${name}${status ? ` (${status})` : ""}: ${message}`;
    const what = path === "" ? `"${this.name}"` : `"${path}" in "${this.name}"`;
    return new Error(`Cannot ${verb} ${what}: ${reason}`, { cause: error });
  }
}

/** Credentials, region and `AWS_ENDPOINT_URL_S3` are found as everywhere in the AWS SDK. */
export function createClient(config: S3ClientConfig = {}): S3Client {
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";
  const client = new S3Client({
    region: process.env.AWS_REGION ?? process.env.AWS_DEFAULT_REGION ?? "us-east-1",
    // Other servers than AWS's know buckets by path only.
    forcePathStyle: process.env.AWS_ENDPOINT_URL_S3 !== undefined,
    maxAttempts: attempts,
    requestHandler: {
      connectionTimeout: 5_000,
      // Until an answer begins, and from one piece of it to the next.
      requestTimeout: patience,
      socketTimeout: patience,
      throwOnRequestTimeout: true,
    },
    ...config,
  });
  // A key or a role that was made just now is unknown to some of S3 for a while.
  client.middlewareStack.add(
    (next) => async (args) => {
      try {
        return await next(args);
      } catch (error) {
        throw statusOf(error) === 403 ? Object.assign(error as Error, { $retryable: {} }) : error;
      }
    },
    { step: "deserialize", priority: "high", name: "retryForbidden" },
  );
  return client;
}

function statusOf(error: unknown): number | undefined {
  return error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
}

function isNoBucket(error: unknown): boolean {
  return error instanceof Error && error.name === "NoSuchBucket";
}

function unquote(etag: string): string {
  return etag.replaceAll('"', "");
}
