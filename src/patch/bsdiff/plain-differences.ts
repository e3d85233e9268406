/** Differences as bsdiff has them: a byte for each byte beside the base. Nearly all are zero. */
import type { ByteSource } from './byte-source.ts';
import type { Differences } from './rebuild.ts';

/** From so many bytes on it pays to read four at a time. */
const worth = 32;

export function plainDifferences(source: ByteSource): Differences {
  return {
    addTo(made) {
      for (let at = 0; at < made.length;) {
        const bytes = source.take(made.length - at);
        if (bytes.length < worth) addBytes(made, at, bytes, 0, bytes.length);
        else addWords(made, at, bytes);
        at += bytes.length;
      }
    },
    finish: () => source.finish(),
  };
}

/** Only words of the differences that are not zero are looked at byte by byte. */
function addWords(made: Uint8Array, to: number, bytes: Uint8Array): void {
  const head = -bytes.byteOffset & 3;
  const words = new Int32Array(bytes.buffer, bytes.byteOffset + head, (bytes.length - head) >>> 2);
  addBytes(made, to, bytes, 0, head);
  for (let word = 0; word < words.length; word += 1) {
    if (words[word] !== 0) addBytes(made, to, bytes, head + word * 4, head + word * 4 + 4);
  }
  addBytes(made, to, bytes, head + words.length * 4, bytes.length);
}

function addBytes(made: Uint8Array, to: number, bytes: Uint8Array, from: number, end: number): void {
  for (let at = from; at < end; at += 1) made[to + at]! += bytes[at]!;
}
