/**
 * MurmurHash3 x86 32-bit with seed 0 of a text's UTF-8 bytes, as an unsigned integer.
 * Algorithm: Austin Appleby, public domain, SMHasher's `MurmurHash3_x86_32`.
 */
export function murmur3(text: string): number {
  let hash = 0;
  let block = 0;
  let length = 0;
  for (const byte of new TextEncoder().encode(text)) {
    block |= byte << (length * 8);
    length++;
    if (length % 4) continue;
    hash ^= scramble(block);
    hash = Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64;
    block = 0;
  }
  hash ^= scramble(block) ^ length;
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
  const hash = murmur3(text);
  const low = Math.floor(((hash & 0xffff) * size) / 0x10000);
  return Math.floor(((hash >>> 16) * size + low) / 0x10000);
}
