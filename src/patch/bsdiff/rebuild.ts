/**
 * The target of a base and the three streams both containers hold: control says which stretch of the base comes next,
 * diff what is added to its bytes, extra what follows it. Every stretch is checked before a byte of it is read, and what
 * is made so far plus what is announced never exceeds the target.
 */
import { addDifferences } from './add-differences.ts';
import { byteSource } from './byte-source.ts';
import { refuseBsdiff } from './refuse.ts';

export interface Entry {
  readonly basePosition: number;
  /** Bytes beside the base. */
  readonly length: number;
  /** Bytes after them that are taken as they are. */
  readonly extra: number;
}

export interface PatchStreams {
  /** Safe integers of any size and sign. Ends where the stream does. */
  readonly entries: Iterable<Entry>;
  /** Chunks that begin at a multiple of four bytes of their buffer are read fastest. */
  readonly diff: Iterator<Uint8Array, void>;
  readonly extra: Iterator<Uint8Array, void>;
}

/** Given out at a time. */
const chunkBytes = 2 ** 20;

/** Entries may do nothing but seek: this many are more than any patch has a reason for. */
export function mostEntries(targetBytes: number): number {
  return 1024 + Math.floor(targetBytes / 2);
}

/** Chunks that are used again. */
export function* rebuild(base: Uint8Array, streams: PatchStreams, targetBytes: number): Generator<Uint8Array, void> {
  const diffs = byteSource(streams.diff, 'diff');
  const extras = byteSource(streams.extra, 'extra');
  const chunk = new Uint8Array(Math.min(chunkBytes, targetBytes));
  let filled = 0;
  let left = targetBytes;
  let entriesLeft = mostEntries(targetBytes);
  for (const { basePosition, length, extra } of streams.entries) {
    check(base, { basePosition, length, extra }, left);
    entriesLeft -= 1;
    if (entriesLeft < 0) throw refuseBsdiff('it has too many entries');
    left -= length + extra;
    for (let done = 0; done < length;) {
      const bytes = diffs.take(Math.min(length - done, chunk.length - filled));
      addDifferences(base, basePosition + done, bytes, chunk, filled);
      done += bytes.length;
      filled += bytes.length;
      if (filled < chunk.length) continue;
      yield chunk;
      filled = 0;
    }
    for (let done = 0; done < extra;) {
      const bytes = extras.take(Math.min(extra - done, chunk.length - filled));
      chunk.set(bytes, filled);
      done += bytes.length;
      filled += bytes.length;
      if (filled < chunk.length) continue;
      yield chunk;
      filled = 0;
    }
  }
  if (left > 0) throw refuseBsdiff(`it makes ${targetBytes - left} of ${targetBytes} bytes`);
  diffs.finish();
  extras.finish();
  if (filled > 0) yield chunk.subarray(0, filled);
}

function check(base: Uint8Array, { basePosition, length, extra }: Entry, left: number): void {
  if (length < 0 || extra < 0) throw refuseBsdiff('it has a negative length');
  if (length + extra > left) throw refuseBsdiff('it makes more than its target');
  if (basePosition < 0 || basePosition + length > base.length) throw refuseBsdiff('it reads outside of its base');
}
