import type { ErrorCode } from "./answer.ts";
import type { StoredObject } from "./object.ts";
import type { S3Request } from "./request.ts";

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html */
export function unmetOnWrite(
  { "if-match": match, "if-none-match": noneMatch }: S3Request["headers"],
  current: StoredObject | undefined,
): ErrorCode | undefined {
  if (noneMatch === undefined) return unmetIfMatch(match, current);
  if (noneMatch !== "*" || match !== undefined) return "NotImplemented";
  return current ? "PreconditionFailed" : undefined;
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-deletes.html */
export function unmetOnDelete(
  match: string | undefined,
  current: StoredObject | undefined,
): ErrorCode | undefined {
  return match === "*" && current ? undefined : unmetIfMatch(match, current);
}

/** S3 accepts an ETag with and without quotes. */
export function hasTag({ etag }: StoredObject, condition: string): boolean {
  return condition.split(",").some((tag) => unquoted(tag.trim()) === unquoted(etag));
}

function unmetIfMatch(
  match: string | undefined,
  current: StoredObject | undefined,
): ErrorCode | undefined {
  if (match === undefined) return undefined;
  if (!current) return "NoSuchKey";
  return hasTag(current, match) ? undefined : "PreconditionFailed";
}

function unquoted(tag: string): string {
  return tag.replaceAll('"', "");
}
