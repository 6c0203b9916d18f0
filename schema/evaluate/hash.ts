/**
 * MurmurHash3 x86 32-bit with seed 0 of a text's UTF-8 bytes, as an unsigned integer.
 * Algorithm: Austin Appleby, public domain, SMHasher's `MurmurHash3_x86_32`.
 */
export function murmur3(text: string): number {
  const bytes = new TextEncoder().encode(text);
  let hash = 0;
  let block = 0;
  for (let at = 0; at < bytes.length; at++) {
    // Shifts count modulo 32.
    block |= (bytes[at] as number) << (at * 8);
    if (at % 4 === 3) {
      hash ^= scramble(block);
      hash = Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64;
      block = 0;
    }
  }
  hash ^= scramble(block) ^ bytes.length;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function scramble(block: number): number {
  const product = Math.imul(block, 0xcc9e2d51);
  return Math.imul((product << 15) | (product >>> 17), 0x1b873593);
}

/**
 * The bucket of a text, from 0 to `size - 1`: `(hash × size) >> 32` in exact integers. Multiplies in
 * two halves, because numbers are exact up to 2^53 only; `size` is at most 2^31.
 */
export function bucketOf(text: string, size: number): number {
  return Number((BigInt(murmur3(text)) * BigInt(size)) >> 32n);
}
