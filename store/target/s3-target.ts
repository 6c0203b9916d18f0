import {
  DeleteObjectCommand,
  GetObjectCommand,
  type GetObjectCommandOutput,
  ListObjectsV2Command,
  type ListObjectsV2CommandOutput,
  PutObjectCommand,
} from "@aws-sdk/client-s3";
import { createClient, isNoSuchKey, maxAttempts, statusOf, toS3Error } from "./s3-client.ts";
import type { Listed, NewObject, StoredObject, Target } from "./target.ts";

/** Maximum number of pages of a listing, each of up to 1,000 objects. */
const maxPages = 10_000;

/**
 * A bucket, or the part of it under a prefix. Keys are the URLs' own paths, without the first slash.
 *
 * Stores differ in the form of `If-Match`: RFC 9110 and AWS require quotes around the ETag, Ceph 16 and
 * DigitalOcean Spaces answer 412 to them. The form that works is found at the first such answer.
 */
export class S3Target implements Target {
  readonly name: string;
  readonly #bucket: string;
  readonly #prefix: string;
  readonly #client: ReturnType<typeof createClient>;
  #etagForm: "unknown" | "quoted" | "bare" = "unknown";

  constructor(name: string, bucket: string, prefix: string, client = createClient()) {
    this.name = name;
    this.#bucket = bucket;
    this.#prefix = prefix === "" || prefix.endsWith("/") ? prefix : `${prefix}/`;
    this.#client = client;
  }

  /** S3 has no locks; publishers rely on its conditional writes. */
  exclusively<T>(work: () => Promise<T>): Promise<T> {
    return work();
  }

  list(): Promise<ReadonlyMap<string, Listed>> {
    return this.#attempt("list", "", async () => {
      const listed = new Map<string, Listed>();
      for await (const { Contents = [] } of this.#pages()) {
        for (const { Key = "", ETag = "", LastModified } of Contents) {
          const path = `/${Key.slice(this.#prefix.length)}`;
          listed.set(path, { etag: unquote(ETag), modified: LastModified?.getTime() ?? 0 });
        }
      }
      return listed;
    });
  }

  read(path: string): Promise<StoredObject | undefined> {
    return this.#attempt("read", path, () => this.#read(path));
  }

  async write(object: NewObject, seen: string | undefined): Promise<boolean> {
    const put = async (condition: { IfMatch?: string; IfNoneMatch?: string }) => {
      const { ETag } = await this.#client.send(
        new PutObjectCommand({
          ...this.#at(object.path),
          ...condition,
          Body: Buffer.from(object.body),
          ContentType: object.contentType,
          CacheControl: object.cacheControl,
          Metadata: { ...object.metadata },
        }),
      );
      if (ETag === undefined) throw new Error("the answer has no ETag, so it is not one of S3");
    };
    return this.#attempt("write", object.path, () =>
      seen === undefined
        ? isMet(put({ IfNoneMatch: "*" }))
        : this.#ifMatch(object.path, seen, (IfMatch) => put({ IfMatch })),
    );
  }

  /**
   * Some stores ignore the condition of a DELETE. Reading before keeps the time short in which
   * another publisher's object can be deleted; `store/README.md` describes the remaining risk.
   */
  async remove(path: string, seen: string): Promise<boolean> {
    return this.#attempt("remove", path, async () => {
      const before = await this.#read(path);
      if (before?.etag !== seen) return before === undefined;
      const isDone = await this.#ifMatch(path, seen, (IfMatch) =>
        this.#client.send(new DeleteObjectCommand({ ...this.#at(path), IfMatch })),
      );
      const after = await this.#read(path);
      // Another commit means that another publisher wrote the same bytes again.
      if (isDone && after?.etag === seen && after.metadata.commit === before.metadata.commit)
        throw new Error("it was deleted and is still there");
      return after === undefined;
    });
  }

  close(): void {
    this.#client.destroy();
  }

  /** Throws if the server repeats a page or returns too many pages. */
  async *#pages(): AsyncGenerator<ListObjectsV2CommandOutput> {
    const tokens = new Set<string>();
    const input = { Bucket: this.#bucket, Prefix: this.#prefix };
    for (let ContinuationToken: string | undefined; ; ) {
      const page = await this.#client.send(
        new ListObjectsV2Command({ ...input, ContinuationToken }),
      );
      if ((page.KeyCount ?? page.IsTruncated ?? page.Name) === undefined) {
        throw new Error("the answer is not a listing of S3");
      }
      yield page;
      ContinuationToken = page.IsTruncated ? page.NextContinuationToken : undefined;
      if (ContinuationToken === undefined) return;
      if (tokens.has(ContinuationToken) || tokens.size === maxPages) {
        throw new Error(`the listing does not end: ${tokens.size + 1} pages, the last token again`);
      }
      tokens.add(ContinuationToken);
    }
  }

  async #read(path: string): Promise<StoredObject | undefined> {
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
      if (isNoSuchKey(error)) return undefined;
      throw error;
    }
  }

  /** The SDK repeats a request only until a response starts. If a body is incomplete, this repeats the request. */
  async #get(path: string): Promise<{ found: GetObjectCommandOutput; body: Buffer }> {
    for (let attempt = 1; ; attempt++) {
      const found = await this.#client.send(new GetObjectCommand(this.#at(path)));
      try {
        return { found, body: Buffer.from((await found.Body?.transformToByteArray()) ?? []) };
      } catch (error) {
        if (attempt === maxAttempts) throw error;
      }
    }
  }

  /**
   * Sends a request that must find the ETag `seen`, and returns whether it did. If a quoted ETag is
   * refused although the object has it, the bare form is tried.
   */
  async #ifMatch(
    path: string,
    seen: string,
    send: (ifMatch: string) => Promise<unknown>,
  ): Promise<boolean> {
    if (this.#etagForm !== "bare") {
      if (await isMet(send(`"${seen}"`))) {
        this.#etagForm = "quoted";
        return true;
      }
      if (this.#etagForm === "quoted" || (await this.#read(path))?.etag !== seen) return false;
    }
    const isDone = await isMet(send(seen));
    if (isDone) this.#etagForm = "bare";
    return isDone;
  }

  async #attempt<T>(verb: string, path: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      const what = path === "" ? `"${this.name}"` : `"${path}" in "${this.name}"`;
      throw toS3Error(verb, what, error);
    }
  }

  #at(path: string): { Bucket: string; Key: string } {
    return { Bucket: this.#bucket, Key: this.#prefix + path.slice(1) };
  }
}

/** Whether the condition of a request was met. */
async function isMet(request: Promise<unknown>): Promise<boolean> {
  try {
    await request;
    return true;
  } catch (error) {
    // 409: two conditional writes at once. NoSuchKey: the object to replace no longer exists.
    const isUnmet = [409, 412].includes(statusOf(error) ?? 0) || isNoSuchKey(error);
    if (isUnmet) return false;
    throw error;
  }
}

function unquote(etag: string): string {
  return etag.replaceAll('"', "");
}
