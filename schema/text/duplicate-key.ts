/**
 * The first key that an object has twice, anywhere in `text`, which must be valid JSON. `JSON.parse`
 * lets the last of two win in silence (RFC 8259, section 4, calls the outcome unpredictable).
 */
export function duplicateKey(text: string): string | undefined {
  /** The open objects and lists around the current position: an object's keys so far, `undefined` for a list. */
  const open: (Set<string> | undefined)[] = [];
  for (const [token, isKey] of text.matchAll(tokens)) {
    if (token === "{") open.push(new Set());
    else if (token === "[") open.push(undefined);
    else if (token === "}" || token === "]") open.pop();
    else if (isKey !== undefined) {
      // `"a"` and `"\u0061"` are one key.
      const key: string = JSON.parse(token.slice(0, token.lastIndexOf('"') + 1));
      const keys = open.at(-1);
      if (keys?.has(key)) return key;
      keys?.add(key);
    }
  }
  return undefined;
}

/** Brackets, and strings with the colon that makes a key of one. */
const tokens = /"[^"\\]*(?:\\.[^"\\]*)*"(\s*:)?|[{}[\]]/g;
