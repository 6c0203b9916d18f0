import { type Answer, refuse } from "./answer.ts";
import { hasTag, unmetOnDelete, unmetOnWrite } from "./condition.ts";
import { crc32Of } from "./integrity.ts";
import { type Objects, storedObject } from "./object.ts";
import type { S3Request } from "./request.ts";

const META = "x-amz-meta-";

export function putObject(objects: Objects, { key, headers, body }: S3Request): Answer {
  const refusal = unmetOnWrite(headers, objects.get(key));
  if (refusal) return refuse(refusal, key);

  const metadata = Object.entries(headers)
    .filter(([name]) => name.startsWith(META))
    .map(([name, value]) => [name.slice(META.length), value]);
  const object = storedObject(body, {
    contentType: headers["content-type"],
    cacheControl: headers["cache-control"],
    metadata: Object.fromEntries(metadata),
  });
  objects.set(key, object);
  return { status: 200, headers: { etag: object.etag } };
}

/** Without the permission to list the bucket, S3 answers 403 for a missing object, too. */
export function getObject(objects: Objects, request: S3Request, mayList: boolean): Answer {
  const { key, headers } = request;
  const object = objects.get(key);
  if (!object) return refuse(mayList ? "NoSuchKey" : "AccessDenied", key);

  const { "if-match": match, "if-none-match": noneMatch } = headers;
  if (match !== undefined && !hasTag(object, match)) return refuse("PreconditionFailed", key);

  const validators = {
    etag: object.etag,
    "last-modified": object.lastModified.toUTCString(),
    ...(object.cacheControl !== undefined && { "cache-control": object.cacheControl }),
  };
  if (noneMatch !== undefined && hasTag(object, noneMatch)) {
    return { status: 304, headers: validators };
  }
  const metadata = Object.entries(object.metadata).map(([name, value]) => [META + name, value]);
  return {
    status: 200,
    headers: {
      ...validators,
      ...Object.fromEntries(metadata),
      ...(headers["x-amz-checksum-mode"] && { "x-amz-checksum-crc32": crc32Of(object.body) }),
      "content-type": object.contentType,
    },
    body: object.body,
  };
}

export function deleteObject(objects: Objects, { key, headers }: S3Request): Answer {
  const refusal = unmetOnDelete(headers["if-match"], objects.get(key));
  if (refusal) return refuse(refusal, key);
  objects.delete(key);
  return { status: 204 };
}
