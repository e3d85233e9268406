/**
 * The second stage of the variant: a stream as it is, or in blocks of 4 MiB of content that are packed each on their own,
 * so that neither side holds more than a few blocks, and no decompressor makes more than it was asked for. A block is
 * its packed length (varint) and one frame of zstd (RFC 8878) or one stream of Brotli (RFC 7932).
 */
import { concatenate } from '../../kernel/concatenate.ts';
import { brotliCompress, brotliDecompressSync, constants, zstdCompress, zstdDecompressSync } from 'node:zlib';
import { ThemisError } from '../../kernel/error.ts';
import { refuseBsdiff } from './refuse.ts';
import { readVarint, varint } from './varint.ts';

/** Their place is their number in the patch. */
export const packMethods = ['raw', 'zstd', 'brotli'] as const;
type PackMethod = (typeof packMethods)[number];

export interface PackedStream {
  readonly method: PackMethod;
  readonly contentBytes: number;
  readonly packed: Uint8Array;
}

const blockLog = 22;
const blockBytes = 2 ** blockLog;
/** Blocks that are packed beside each other. */
const lanes = 4;
const leastChunkBytes = 64;

/** In whichever way makes the least of it; the first among equals. */
export async function packStream(content: Uint8Array, signal: AbortSignal | undefined): Promise<PackedStream> {
  const contentBytes = content.length;
  let best: PackedStream = { method: 'raw', contentBytes, packed: content };
  for (const method of ['zstd', 'brotli'] as const) {
    const packed = await packBlocks(content, method, signal);
    if (packed.length < best.packed.length) best = { method, contentBytes, packed };
  }
  return best;
}

/** Chunks of its content, none longer than a block. Ends after `contentBytes`, or refuses the patch. */
export function* unpackStream({ method, contentBytes, packed }: PackedStream): Generator<Uint8Array, void> {
  if (method === 'raw') {
    if (packed.length !== contentBytes) throw refuseBsdiff('a stream is not as long as it says');
    if (contentBytes > 0) yield packed;
    return;
  }
  let at = 0;
  const byte = (): number => {
    if (at >= packed.length) throw refuseBsdiff('a block ends early');
    at += 1;
    return packed[at - 1]!;
  };
  for (let left = contentBytes; left > 0;) {
    const size = Math.min(left, blockBytes);
    const packedBytes = readVarint(byte);
    if (packedBytes > packed.length - at) throw refuseBsdiff('a block ends early');
    yield unpackBlock(packed.subarray(at, at + packedBytes), method, size);
    at += packedBytes;
    left -= size;
  }
  if (at !== packed.length) throw refuseBsdiff('something follows the last block of a stream');
}

async function packBlocks(
  content: Uint8Array,
  method: 'zstd' | 'brotli',
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  const blocks = Array.from({ length: Math.ceil(content.length / blockBytes) }, (_, index) =>
    content.subarray(index * blockBytes, (index + 1) * blockBytes),
  );
  const packed: Uint8Array[] = [];
  const waiting = blocks.entries();
  const lane = async (): Promise<void> => {
    for (const [index, block] of waiting) {
      if (signal?.aborted === true) throw new ThemisError('CANCELLED', 'Making a patch was cancelled.');
      packed[index] = await packBlock(block, method);
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return concatenate(packed.flatMap((block) => [Uint8Array.from(varint(block.length)), block]));
}

async function packBlock(block: Uint8Array, method: 'zstd' | 'brotli'): Promise<Uint8Array> {
  return await new Promise((resolve, reject) => {
    const done = (error: Error | null, packed: Uint8Array): void => {
      if (error === null) resolve(packed);
      else reject(new ThemisError('BUG', `${method} cannot compress: ${error.message}`, { cause: error }));
    };
    if (method === 'zstd') {
      const params = { [constants.ZSTD_c_compressionLevel]: 19, [constants.ZSTD_c_contentSizeFlag]: 0 };
      zstdCompress(block, { pledgedSrcSize: block.length, params }, done);
    } else {
      const params = {
        [constants.BROTLI_PARAM_QUALITY]: 11,
        [constants.BROTLI_PARAM_LGWIN]: blockLog,
        [constants.BROTLI_PARAM_SIZE_HINT]: block.length,
      };
      brotliCompress(block, { params }, done);
    }
  });
}

/** Exactly so many bytes from exactly this block. */
function unpackBlock(packed: Uint8Array, method: 'zstd' | 'brotli', contentBytes: number): Uint8Array {
  const given = { maxOutputLength: contentBytes, chunkSize: Math.max(leastChunkBytes, contentBytes), info: true };
  let content: Uint8Array;
  let readBytes: number;
  try {
    const unpacked: unknown =
      method === 'zstd'
        ? zstdDecompressSync(packed, { ...given, params: { [constants.ZSTD_d_windowLogMax]: blockLog } })
        : brotliDecompressSync(packed, given);
    // What `info` asks for; the types know nothing of it.
    const { buffer, engine } = unpacked as { buffer: Uint8Array; engine: { bytesWritten: number } };
    content = buffer;
    readBytes = engine.bytesWritten;
  } catch (error) {
    throw refuseBsdiff(`a block is no ${method} of at most ${contentBytes} bytes`, error);
  }
  if (content.length !== contentBytes) throw refuseBsdiff('a block holds less than it says');
  if (readBytes !== packed.length) throw refuseBsdiff('something follows the content of a block');
  return content;
}
