/** RFC 1950 section 9, as xdelta3 keeps it of every target window. */
const modulus = 65521;
/** The most bytes whose second sum stays below 2 ** 31 from reduced sums. */
const stretch = 3800;

export function adler32(bytes: Uint8Array, start: number, end: number): number {
  let low = 1;
  let high = 0;
  for (let at = start; at < end;) {
    const stop = Math.min(at + stretch, end);
    for (; at < stop; at += 1) {
      low += bytes[at]!;
      high += low;
    }
    low %= modulus;
    high %= modulus;
  }
  return ((high << 16) | low) >>> 0;
}
