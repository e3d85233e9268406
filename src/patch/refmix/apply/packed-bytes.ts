/**
 * The packed bytes of a segment as they are asked for, so that what they unpack to never lies in memory at once.
 * Brotli itself holds a window of at most 16 MiB.
 */
import { createBrotliDecompress } from 'node:zlib';
import { refusePatch } from '../refuse.ts';

const chunkSize = 2 ** 16;

export interface PackedBytes {
  /** The next ones; as many as fit. */
  readonly read: (into: Uint8Array) => Promise<void>;
  readonly skip: (count: number) => Promise<void>;
  /** That there are no more. */
  readonly end: () => Promise<void>;
  readonly close: () => void;
}

/** No bytes at all stand for none. */
export function openPacked(packed: Uint8Array): PackedBytes {
  const stream = packed.length === 0 ? undefined : createBrotliDecompress({ chunkSize });
  // Whoever reads sees it; by then nobody may want to read any more.
  stream?.on('error', () => {}).end(packed);
  const chunks: AsyncIterator<Uint8Array> | undefined = stream?.[Symbol.asyncIterator]();
  let left: Uint8Array = new Uint8Array();
  const refill = async (): Promise<boolean> => {
    while (left.length === 0) {
      let next;
      try {
        next = await chunks?.next();
      } catch (error) {
        throw refusePatch('the packed bytes of a segment do not unpack', error);
      }
      if (next === undefined || next.done === true) return false;
      left = next.value;
    }
    return true;
  };
  const take = async (count: number, into?: Uint8Array): Promise<void> => {
    for (let taken = 0; taken < count;) {
      if (!(await refill())) throw refusePatch('the packed bytes of a segment are fewer than it needs');
      const part = left.subarray(0, count - taken);
      into?.set(part, taken);
      taken += part.length;
      left = left.subarray(part.length);
    }
  };
  return {
    read: async (into) => await take(into.length, into),
    skip: async (count) => await take(count),
    end: async () => {
      if (await refill()) throw refusePatch('the packed bytes of a segment are more than it needs');
    },
    close: () => void stream?.destroy(),
  };
}
