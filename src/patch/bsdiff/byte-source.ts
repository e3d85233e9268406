/** A stream's chunks, taken from in pieces of any size. */
import { refuseBsdiff } from './refuse.ts';

export interface ByteSource {
  /** Between one byte and `most`, until the next is taken. */
  take(most: number): Uint8Array;
  readonly byte: () => number;
  isAtEnd(): boolean;
  /** Refuses a patch of which anything is left. */
  finish(): void;
}

export function byteSource(chunks: Iterator<Uint8Array, void>, name: string): ByteSource {
  let chunk: Uint8Array = new Uint8Array(0);
  let at = 0;
  /** Whether there is another byte. */
  const fill = (): boolean => {
    while (at >= chunk.length) {
      const next = chunks.next();
      if (next.done === true) return false;
      chunk = next.value;
      at = 0;
    }
    return true;
  };
  return {
    take(most) {
      if (!fill()) throw refuseBsdiff(`its ${name} stream ends early`);
      const bytes = chunk.subarray(at, at + most);
      at += bytes.length;
      return bytes;
    },
    byte: () => {
      if (at >= chunk.length && !fill()) throw refuseBsdiff(`its ${name} stream ends early`);
      at += 1;
      return chunk[at - 1]!;
    },
    isAtEnd: () => !fill(),
    finish() {
      if (fill()) throw refuseBsdiff(`its ${name} stream ends late`);
    },
  };
}
