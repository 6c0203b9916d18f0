/**
 * A place where clients fetch a release. Objects are identified by the paths of their URLs. Each
 * write names the object that it expects to replace, so publishers do not overwrite each other.
 */
export interface Target {
  /** As users write it: `s3://bucket/prefix`, or a directory. */
  readonly name: string;
  /** Runs `work` alone if the target has a lock. */
  exclusively<T>(work: () => Promise<T>): Promise<T>;
  /** All objects, by path, including those of other programs. */
  list(): Promise<ReadonlyMap<string, Listed>>;
  read(path: string): Promise<StoredObject | undefined>;
  /** Writes `object` over the one with the ETag `seen`, or a new one if `seen` is missing. Returns false if another is there. */
  write(object: NewObject, seen: string | undefined): Promise<boolean>;
  /** Removes the object with the ETag `seen`. Returns false if another is there, true if there is none. */
  remove(path: string, seen: string): Promise<boolean>;
  close(): void;
}

export interface Listed {
  /** Without quotes; the MD5 of the body in lower-case hex, if we wrote it. */
  readonly etag: string;
  /** By the target's clock, in milliseconds since 1970. */
  readonly modified: number;
}

export interface NewObject {
  readonly path: string;
  readonly body: string;
  readonly contentType: string;
  readonly cacheControl: string;
  /** Lower-case keys, ASCII values. */
  readonly metadata: Readonly<Record<string, string>>;
}

export interface StoredObject {
  readonly body: Buffer;
  readonly etag: string;
  readonly contentType: string | undefined;
  readonly cacheControl: string | undefined;
  readonly metadata: Readonly<Record<string, string>>;
}
