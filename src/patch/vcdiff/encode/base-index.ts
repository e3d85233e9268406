/**
 * Finds where bytes of the target occur in the base: positions of the base in chains by a hash of eight bytes, latest
 * first. Of a base larger than `indexed` only every second (third, ...) position is held, so memory stays bounded;
 * matches are longer than that and are found from one of their other ends.
 */
export interface BaseIndex {
  readonly heads: Int32Array;
  /** By position over `step`: the next position over `step` in the chain, -1 at its end. */
  readonly next: Int32Array;
  readonly step: number;
  readonly shift: number;
}

/** Bytes that are hashed, hence the shortest match. */
export const hashedBytes = 8;
const indexed = 2 ** 27;
const mostBits = 24;

export function indexBase(base: Uint8Array): BaseIndex {
  const step = Math.max(1, Math.ceil(base.length / indexed));
  const entries = Math.max(0, Math.ceil((base.length - hashedBytes + 1) / step));
  const bits = Math.min(mostBits, Math.max(8, Math.ceil(Math.log2(entries + 1))));
  const index = { heads: new Int32Array(1 << bits).fill(-1), next: new Int32Array(entries), step, shift: 32 - bits };
  fillIndex(index, base, entries);
  return index;
}

function fillIndex({ heads, next, step, shift }: BaseIndex, base: Uint8Array, entries: number): void {
  for (let entry = 0; entry < entries; entry += 1) {
    const slot = hashAt(base, entry * step) >>> shift;
    next[entry] = heads[slot]!;
    heads[slot] = entry;
  }
}

/** Of the eight bytes from `at` on; its upper bits are the good ones. */
export function hashAt(bytes: Uint8Array, at: number): number {
  const low = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
  const high = bytes[at + 4]! | (bytes[at + 5]! << 8) | (bytes[at + 6]! << 16) | (bytes[at + 7]! << 24);
  return Math.imul(Math.imul(low, 0x9e3779b1) ^ (high >>> 15) ^ high, 0x85ebca77);
}
