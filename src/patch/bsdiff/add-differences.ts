/** From so many bytes on it pays to read four at a time. */
const worth = 32;

/**
 * The base's bytes with the differences added to them. Nearly all differences are zero, so the bytes are copied at once
 * and only words of the differences that are not zero are looked at byte by byte.
 */
export function addDifferences(
  base: Uint8Array,
  from: number,
  differences: Uint8Array,
  made: Uint8Array,
  to: number,
): void {
  const { length } = differences;
  if (length < worth) {
    for (let at = 0; at < length; at += 1) made[to + at] = base[from + at]! + differences[at]!;
    return;
  }
  made.set(base.subarray(from, from + length), to);
  const head = -differences.byteOffset & 3;
  const words = new Int32Array(differences.buffer, differences.byteOffset + head, (length - head) >>> 2);
  const tail = head + words.length * 4;
  for (let at = 0; at < head; at += 1) made[to + at]! += differences[at]!;
  for (let word = 0; word < words.length; word += 1) {
    if (words[word] === 0) continue;
    const at = head + word * 4;
    made[to + at]! += differences[at]!;
    made[to + at + 1]! += differences[at + 1]!;
    made[to + at + 2]! += differences[at + 2]!;
    made[to + at + 3]! += differences[at + 3]!;
  }
  for (let at = tail; at < length; at += 1) made[to + at]! += differences[at]!;
}
