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
 * The hash of a text as a fraction, from 0 to below 1. A text is in the bucket `fraction × size`, rounded
 * down. The product is exact for sizes up to 2^21. Only the weights of more than 20 variants can add up
 * to more; then at most one text in 2^31 is in the next bucket.
 */
export function fractionOf(text: string): number {
  return murmur3(text) / 2 ** 32;
}
