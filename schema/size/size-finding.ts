import { fileStart } from "../problem/position.ts";
import type { Finding } from "../problem/problem.ts";
import { groupDigits } from "../text/show.ts";

/** A document that readers accept up to a maximum size. */
interface SizeLimit {
  readonly maxBytes: number;
  /** The programs that read it, in the plural: `clients`. */
  readonly readers: string;
  readonly tooLarge: Finding["code"];
  readonly nearLimit: Finding["code"];
  readonly hint: string;
}

/** Share of the maximum from which there is a warning. */
const warningShare = 0.8;

/** An error if `bytes` is more than the maximum, and a warning from 80 % of it on. `what` is the document. */
export function checkSize(
  what: string,
  bytes: number,
  { maxBytes, readers, tooLarge, nearLimit, hint }: SizeLimit,
): Finding[] {
  if (bytes <= maxBytes * warningShare) return [];
  const size = `${what} has ${groupDigits(bytes)} bytes, and ${readers} read at most ${groupDigits(maxBytes)}`;
  return bytes > maxBytes
    ? [{ ...fileStart, code: tooLarge, message: `Cannot serve these flags: ${size}`, hint }]
    : [{ ...fileStart, code: nearLimit, message: `Is near the limit: ${size}`, hint }];
}
