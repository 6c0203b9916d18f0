import { createHash } from "node:crypto";

export interface StoredObject {
  readonly body: Buffer;
  /** The MD5 of the body in hex, between double quotes. */
  readonly etag: string;
  readonly contentType: string;
  readonly cacheControl: string | undefined;
  /** Names in lower case, without `x-amz-meta-`. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly lastModified: Date;
}

export interface ObjectHeaders {
  readonly contentType?: string | undefined;
  readonly cacheControl?: string | undefined;
  readonly metadata?: Readonly<Record<string, string>>;
}

export type Objects = Map<string, StoredObject>;

export function storedObject(
  body: Buffer | string,
  { contentType = "binary/octet-stream", cacheControl, metadata = {} }: ObjectHeaders = {},
): StoredObject {
  const bytes = Buffer.from(body);
  const etag = `"${createHash("md5").update(bytes).digest("hex")}"`;
  return { body: bytes, etag, contentType, cacheControl, metadata, lastModified: new Date() };
}
