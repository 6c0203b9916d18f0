/**
 * MurmurHash3 x86 32-bit with seed 0 of a text's UTF-8 bytes, divided by 2^32: from 0 to below 1. A text is in
 * the bucket `fraction × size`, rounded down. The product is exact for sizes up to 2^21. Only the weights of
 * more than 20 variants can add up to more; then at most one text in 2^31 is in the next bucket.
 *
 * Algorithm: Austin Appleby, public domain, SMHasher's `MurmurHash3_x86_32`.
 */
export function fractionOf(text: string): number {
  // The bytes of ASCII are its character codes. Encoding it would take three times as long as hashing it.
  const bytes = /[^ -~]/.test(text) && new TextEncoder().encode(text);
  const { length } = bytes || text;
  let hash = 0;
  let block = 0;
  for (let at = 0; at < length; at++) {
    // Shifts count modulo 32.
    block |= (bytes ? (bytes[at] as number) : text.charCodeAt(at)) << (at * 8);
    if (at % 4 < 3) continue;
    hash ^= scramble(block);
    hash = Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64;
    block = 0;
  }
  hash ^= scramble(block) ^ length;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}

function scramble(block: number): number {
  const product = Math.imul(block, 0xcc9e2d51);
  return Math.imul((product << 15) | (product >>> 17), 0x1b873593);
}
