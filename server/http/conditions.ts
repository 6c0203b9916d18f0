/** Conditional requests (RFC 9110, section 13). */

/** Whether `If-Match` and `If-None-Match` allow a write. `etag` is missing if the flag does not exist. */
export function allowsWrite(
  ifMatch: string | undefined,
  ifNoneMatch: string | undefined,
  etag: string | undefined,
): boolean {
  if (ifMatch !== undefined && !(etag !== undefined && hasStrong(ifMatch, etag))) return false;
  return ifNoneMatch === undefined || etag === undefined || !hasWeak(ifNoneMatch, etag);
}

/** Whether a read is answered with 304: the client has these bytes. Uses weak comparison. */
export function isNotModified(ifNoneMatch: string | undefined, etag: string): boolean {
  return ifNoneMatch !== undefined && (ifNoneMatch === etag || hasWeak(ifNoneMatch, etag));
}

function hasWeak(header: string, etag: string): boolean {
  return header.trim() === "*" || tagsOf(header).some((tag) => tag.replace(/^W\//, "") === etag);
}

/** A weak tag never matches: it does not promise the same bytes. */
function hasStrong(header: string, etag: string): boolean {
  return header.trim() === "*" || tagsOf(header).includes(etag);
}

function tagsOf(header: string): string[] {
  return header.match(/(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"/g) ?? [];
}
