/** Writes bzip2 as every reader of it takes it: one stream of blocks of 900 kB. Equal bytes give equal streams. */
import { finishBits, putBits, putWord, startBitWriter } from './bit-writer.ts';
import { addToChecksum, finishChecksum, joinChecksums, startOfChecksum } from './checksum.ts';
import { bzip2 } from './format.ts';
import { shortenRuns } from './shorten-runs.ts';
import { writeBlock } from './write-block.ts';

/** Less than a block may hold: as much as bzip2 itself puts in one, and some readers have relied on that. */
const blockBytes = bzip2.mostLevel * bzip2.levelBytes - 19;

export function packBzip2(bytes: Uint8Array): Uint8Array {
  const writer = startBitWriter();
  putBits(writer, 24, 0x425a68);
  putBits(writer, 8, 0x30 + bzip2.mostLevel);
  // Shortened runs of four are longer by a quarter; the rest is room for one more.
  const block = new Uint8Array(Math.min(blockBytes, Math.ceil(bytes.length * 1.25) + 8));
  let sumOfStream = 0;
  for (let at = 0; at < bytes.length;) {
    const { filled, end } = shortenRuns(bytes, at, block);
    const sum = finishChecksum(addToChecksum(startOfChecksum, bytes.subarray(at, end)));
    for (const part of bzip2.blockMagic) putBits(writer, 24, part);
    putWord(writer, sum);
    writeBlock(writer, block.subarray(0, filled));
    sumOfStream = joinChecksums(sumOfStream, sum);
    at = end;
  }
  for (const part of bzip2.endMagic) putBits(writer, 24, part);
  putWord(writer, sumOfStream);
  return finishBits(writer);
}
