/**
 * Reads bzip2: one stream or several after each other, nothing else behind them. Blocks and streams are held against
 * their checksums, randomised blocks (which nothing has written since 1997) are refused. Holds one block, four bytes per
 * byte of it, whatever the stream says.
 */
import { alignBits, type Bits, startBits, takeBits, takeWord } from './bit-reader.ts';
import { addToChecksum, finishChecksum, joinChecksums, startOfChecksum } from './checksum.ts';
import { bzip2 } from './format.ts';
import { type Block, readBlock } from './read-block.ts';
import { refuseBzip2 } from './refuse.ts';

const chunkBytes = 2 ** 16;
const { levelBytes, mostLevel, blockMagic, endMagic, longRun } = bzip2;

/** In chunks that are used again. PATCH_INVALID for what is no bzip2 or holds more than `mostBytes`. */
export function* unpackBzip2(packed: Uint8Array, mostBytes: number): Generator<Uint8Array, void> {
  const bits = startBits(packed);
  const chunk = new Uint8Array(chunkBytes);
  let slots = new Int32Array(0);
  let left = mostBytes;
  do {
    // Of five bytes of a block at least four come out: neither room nor time goes into what could not be given out.
    const blockBytes = Math.min(readLevel(bits) * levelBytes, Math.ceil(left * 1.25) + 1);
    if (blockBytes > slots.length) slots = new Int32Array(blockBytes);
    let sumOfStream = 0;
    while (isBlockNext(bits)) {
      const stated = takeWord(bits);
      const block = readBlock(bits, slots.subarray(0, blockBytes));
      let sum = startOfChecksum;
      for (const bytes of expandBlock(slots, block, chunk)) {
        left -= bytes.length;
        if (left < 0) throw refuseBzip2('it holds more than it may');
        sum = addToChecksum(sum, bytes);
        yield bytes;
      }
      if (finishChecksum(sum) !== stated) throw refuseBzip2('the checksum of a block is wrong');
      sumOfStream = joinChecksums(sumOfStream, stated);
    }
    if (takeWord(bits) !== sumOfStream) throw refuseBzip2('the checksum of a stream is wrong');
    alignBits(bits);
  } while (bits.at < packed.length);
}

function readLevel(bits: Bits): number {
  const magic = takeBits(bits, 24);
  const level = takeBits(bits, 8) - 0x30;
  if (magic !== 0x425a68 || level < 1 || level > mostLevel) throw refuseBzip2('it does not begin as one');
  return level;
}

function isBlockNext(bits: Bits): boolean {
  const magic = [takeBits(bits, 24), takeBits(bits, 24)];
  if (magic.every((part, index) => part === blockMagic[index])) return true;
  if (magic.every((part, index) => part === endMagic[index])) return false;
  throw refuseBzip2('neither a block nor an end follows');
}

/** Undoes the sorting, and the shortening of runs. */
function* expandBlock(slots: Int32Array, { size, origin }: Block, chunk: Uint8Array): Generator<Uint8Array, void> {
  linkRows(slots, size);
  let row = slots[origin]! >>> 8;
  let filled = 0;
  let last = -1;
  let equal = 0;
  for (let index = 0; index < size; index += 1) {
    const slot = slots[row]!;
    row = slot >>> 8;
    const byte = slot & 255;
    let times = 1;
    if (equal === longRun) {
      times = byte;
      equal = 0;
    } else {
      equal = byte === last ? equal + 1 : 1;
      last = byte;
    }
    if (filled + times > chunk.length) {
      yield chunk.subarray(0, filled);
      filled = 0;
    }
    if (times === 1) chunk[filled] = last;
    else chunk.fill(last, filled, filled + times);
    filled += times;
    // A byte behind a run begins a new one, even when it is the same.
    if (equal === 0) last = -1;
  }
  if (filled > 0) yield chunk.subarray(0, filled);
}

/** Beside its byte each slot gets the row of the rotation that begins one byte later. */
function linkRows(slots: Int32Array, size: number): void {
  const starts = new Int32Array(256);
  for (let row = 0; row < size; row += 1) starts[slots[row]!]! += 1;
  let sum = 0;
  for (let byte = 0; byte < 256; byte += 1) {
    const count = starts[byte]!;
    starts[byte] = sum;
    sum += count;
  }
  for (let row = 0; row < size; row += 1) {
    const byte = slots[row]! & 255;
    slots[starts[byte]!]! |= row << 8;
    starts[byte]! += 1;
  }
}
