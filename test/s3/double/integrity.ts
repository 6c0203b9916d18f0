import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import type { ErrorCode } from "./answer.ts";
import type { S3Request } from "./request.ts";

/**
 * Whether the body has the checksums that the client sent.
 *
 * The SDK sends strings and buffers as they are. A stream, which it would send as `aws-chunked` with a
 * trailer, is not implemented: its headers are refused.
 */
export function checkIntegrity({ headers, body }: S3Request): ErrorCode | undefined {
  const sha256 = createHash("sha256").update(body).digest("hex");
  if (headers["x-amz-content-sha256"] !== sha256) return "XAmzContentSHA256Mismatch";
  const checksum = headers["x-amz-checksum-crc32"];
  return checksum === undefined || checksum === crc32Of(body) ? undefined : "BadDigest";
}

/** In S3's format: base64 of the four bytes, the highest first. */
export function crc32Of(body: Buffer): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc32(body));
  return bytes.toString("base64");
}
