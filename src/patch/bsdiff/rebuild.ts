/**
 * The target of a base and what both containers hold: entries say which stretch of the base comes next, differences are
 * added to its bytes, extra bytes follow it. Every entry is checked before a byte of it is read, and what is made so far
 * plus what is announced never exceeds the target.
 */
import type { ByteSource } from './byte-source.ts';
import { refuseBsdiff } from './refuse.ts';

export interface Entry {
  readonly basePosition: number;
  /** Bytes beside the base. */
  readonly length: number;
  /** Bytes after them that are taken as they are. */
  readonly extra: number;
}

export interface Differences {
  /** The next ones, to these bytes of the base. */
  addTo(made: Uint8Array): void;
  /** Refuses a patch of which any are left. */
  finish(): void;
}

export interface PatchParts {
  /** Numbers of any size and sign. Ends where the stream does. */
  readonly entries: Iterable<Entry>;
  readonly differences: Differences;
  readonly extra: ByteSource;
}

/** Given out at a time. */
const chunkBytes = 2 ** 20;

/** Entries may do nothing but seek: this many are more than any patch has a reason for. */
export function mostEntries(targetBytes: number): number {
  return 1024 + Math.floor(targetBytes / 2);
}

/** Chunks that are used again. */
export function* rebuild(base: Uint8Array, parts: PatchParts, targetBytes: number): Generator<Uint8Array, void> {
  const { entries, differences, extra } = parts;
  const chunk = new Uint8Array(Math.min(chunkBytes, targetBytes));
  let filled = 0;
  let left = targetBytes;
  let entriesLeft = mostEntries(targetBytes);
  for (const entry of entries) {
    check(entry, base.length, left);
    entriesLeft -= 1;
    if (entriesLeft < 0) throw refuseBsdiff('it has too many entries');
    const { basePosition, length } = entry;
    const size = length + entry.extra;
    left -= size;
    for (let done = 0; done < size;) {
      const isBeside = done < length;
      const part = chunk.subarray(filled, filled + (isBeside ? length : size) - done);
      if (isBeside) {
        part.set(base.subarray(basePosition + done, basePosition + done + part.length));
        differences.addTo(part);
      } else fill(part, extra);
      done += part.length;
      filled += part.length;
      if (filled < chunk.length) continue;
      yield chunk;
      filled = 0;
    }
  }
  if (left > 0) throw refuseBsdiff(`it makes ${targetBytes - left} of ${targetBytes} bytes`);
  differences.finish();
  extra.finish();
  if (filled > 0) yield chunk.subarray(0, filled);
}

export function fill(part: Uint8Array, source: ByteSource): void {
  for (let at = 0; at < part.length;) {
    const bytes = source.take(part.length - at);
    part.set(bytes, at);
    at += bytes.length;
  }
}

function check({ basePosition, length, extra }: Entry, baseBytes: number, left: number): void {
  if (length < 0 || extra < 0) throw refuseBsdiff('it has a negative length');
  if (length + extra > left) throw refuseBsdiff('it makes more than its target');
  if (basePosition < 0 || basePosition + length > baseBytes) throw refuseBsdiff('it reads outside of its base');
}
