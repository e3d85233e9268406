/**
 * ZSTD_DICT: the target compressed with the base as dictionary, a plain frame of RFC 8878 that `zstd --patch-from` reads
 * and writes alike. Node loads the dictionary into tables of the level's size and then knows a suffix of it only, so the
 * tables are as large as the base; matching over long distances stays off, because it does not look into a dictionary.
 */
import { constants, createZstdDecompress, type ZstdDecompress, zstdCompress } from 'node:zlib';
import { ThemisError } from '../kernel/error.ts';
import type { AppliedFiles, ApplyGiven, MakeGiven, PatchAlgorithm } from './algorithm.ts';
import { dictionaryToMake, dictionaryToRead, free } from './zstd/dictionary.ts';
import { checkFrame } from './zstd/frame.ts';
import { refuseZstd } from './zstd/refuse.ts';

const mib = 2 ** 20;
const smallBytes = 12 * mib;
const windowLogs = { least: 10, most: 31 } as const;
const mostTableLog = 26;
/** One turn through the thread pool each. */
const leastChunkBytes = 64;
const mostChunkBytes = 2 ** 16;

const limits = { baseBytes: 512 * mib, targetBytes: 512 * mib, applyBytes } as const;

/** Of the decompressor beside dictionary and window, of chunks under way, and of such as nobody has collected yet. */
const besideBytes = 64 * mib;

export const zstdDict: PatchAlgorithm<'ZSTD_DICT'> = { id: 'ZSTD_DICT', limits, make, apply };

/**
 * `node:zlib` copies the dictionary, which is the whole base, and keeps a window as large as the target; neither can be
 * asked of it otherwise. So this takes more than 64 MiB beyond the base, by the larger of base and target where the base
 * is freed once it is copied, and by both where it is not.
 */
function applyBytes({ baseBytes, targetBytes, mayFreeBase = false }: AppliedFiles): number {
  return besideBytes + (mayFreeBase ? Math.max(baseBytes, targetBytes) : baseBytes + targetBytes);
}

async function make(base: Uint8Array, target: Uint8Array, { signal }: MakeGiven): Promise<Uint8Array> {
  if (signal?.aborted === true) throw new ThemisError('CANCELLED', 'Making a patch was cancelled.');
  if (base.length > limits.baseBytes || target.length > limits.targetBytes)
    throw new ThemisError('USAGE', `ZSTD_DICT is for files of at most ${limits.targetBytes} bytes.`);
  // The base can be referred to as long as all of the target lies in the window (RFC 8878 5).
  const windowLog = clamp(bitsOf(target.length), windowLogs.least, windowLogs.most);
  const options = {
    dictionary: dictionaryToMake(base),
    pledgedSrcSize: target.length,
    params: {
      ...searchParameters(base.length, target.length),
      [constants.ZSTD_c_windowLog]: windowLog,
      [constants.ZSTD_c_enableLongDistanceMatching]: 0,
      [constants.ZSTD_c_contentSizeFlag]: 1,
      [constants.ZSTD_c_checksumFlag]: 0,
      [constants.ZSTD_c_dictIDFlag]: 0,
    },
  };
  return await new Promise((resolve, reject) => {
    zstdCompress(target, options, (error, patch) => {
      if (error === null) resolve(patch);
      else reject(new ThemisError('BUG', `zstd cannot compress: ${error.message}`, { cause: error }));
    });
  });
}

/**
 * With tables for a whole base, level 12 makes of a large program a smaller patch than level 19 of `zstd` does, at a
 * fraction of the time. A small one gains from the optimal parser of level 19. Its tree has two links for each position
 * and has to know all of the base; then eight steps down find as much as the 128 of the level do in half of a tree, in
 * about two thirds of the time.
 */
function searchParameters(baseBytes: number, targetBytes: number): Record<number, number> {
  const tableLog = clamp(bitsOf(baseBytes), windowLogs.least, mostTableLog);
  if (Math.max(baseBytes, targetBytes) > smallBytes)
    return {
      [constants.ZSTD_c_compressionLevel]: 12,
      [constants.ZSTD_c_chainLog]: tableLog,
      [constants.ZSTD_c_hashLog]: tableLog,
    };
  return {
    [constants.ZSTD_c_compressionLevel]: 19,
    [constants.ZSTD_c_chainLog]: Math.min(mostTableLog, tableLog + 1),
    [constants.ZSTD_c_hashLog]: tableLog,
    [constants.ZSTD_c_searchLog]: 3,
    [constants.ZSTD_c_targetLength]: 64,
  };
}

async function* apply(
  base: Uint8Array,
  patch: Uint8Array,
  { targetBytes, mayFreeBase, signal }: ApplyGiven,
): AsyncGenerator<Uint8Array> {
  if (base.length > limits.baseBytes || targetBytes > limits.targetBytes)
    refuseZstd('TOO_LARGE', 'is for files that are too large for it');
  checkFrame(patch, targetBytes);
  const stream = openStream(dictionaryToRead(base), targetBytes);
  if (mayFreeBase === true) free(base);
  let emittedBytes = 0;
  stream.end(patch);
  try {
    for await (const chunk of stream as AsyncIterable<Uint8Array>) {
      if (signal?.aborted === true) throw new ThemisError('CANCELLED', 'Applying a patch was cancelled.');
      // The header was held against the target, and zstd holds what it makes against the header; this trusts neither.
      emittedBytes += chunk.length;
      if (emittedBytes > targetBytes) refuseZstd('TARGET_SIZE', `makes more than ${targetBytes} bytes`);
      yield chunk;
    }
  } catch (error) {
    if (error instanceof ThemisError) throw error;
    refuseZstd('CORRUPT', 'is no zstd frame over this base', error);
  } finally {
    stream.destroy();
  }
  if (emittedBytes < targetBytes) refuseZstd('TARGET_SIZE', `makes ${emittedBytes} of ${targetBytes} bytes`);
}

/** Of a frame whose window is no larger than the target. */
function openStream(dictionary: Uint8Array, targetBytes: number): ZstdDecompress {
  try {
    return createZstdDecompress({
      dictionary,
      chunkSize: clamp(targetBytes, leastChunkBytes, mostChunkBytes),
      params: { [constants.ZSTD_d_windowLogMax]: clamp(bitsOf(targetBytes), windowLogs.least, windowLogs.most) },
    });
  } catch (error) {
    // The copy of the dictionary does not fit: where this patch cannot be applied, the file can still come whole.
    refuseZstd('NO_MEMORY', 'needs more memory than there is', error);
  }
}

/** The least n for which 2^n is not below this. */
function bitsOf(bytes: number): number {
  return Math.ceil(Math.log2(Math.max(2, bytes)));
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value));
}
