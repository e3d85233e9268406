/** The CRC-32 of bzip2: polynomial 04c11db7, the highest bit first, unlike that of zip. */
const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte << 24;
  for (let bit = 0; bit < 8; bit += 1) value = value < 0 ? (value << 1) ^ 0x04c11db7 : value << 1;
  return value;
});

export const startOfChecksum = -1;

export function addToChecksum(state: number, bytes: Uint8Array): number {
  let sum = state;
  for (let at = 0; at < bytes.length; at += 1) sum = (sum << 8) ^ table[(sum >>> 24) ^ bytes[at]!]!;
  return sum;
}

/** Unsigned. */
export function finishChecksum(state: number): number {
  return ~state >>> 0;
}

/** A stream's checksum, from those of its blocks. */
export function joinChecksums(stream: number, block: number): number {
  return (((stream << 1) | (stream >>> 31)) ^ block) >>> 0;
}
