/**
 * The head of an .xz stream and of its first block (the .xz file format, sections 2.1.1 and 3.1), as the streaming
 * encoder of liblzma writes it: one LZMA2 filter, no sizes. Anything else is refused by name.
 */
import { crc32 } from 'node:zlib';
import { refuse } from '../../vcdiff/refusal.ts';
import { type Reader, readPart } from '../../vcdiff/format/reader.ts';

export const xzMagic = [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00] as const;
/** By number: none, CRC32, CRC64, SHA-256. They stand at the end of a block, which xdelta3 never writes. */
const checks = new Set([0, 1, 4, 10]);
export const lzma2Filter = 0x21;
const largestDictionary = 40;

/** Bytes of the dictionary. */
export function readXzHeader(reader: Reader): number {
  const head = take(reader, 12, 'an .xz stream header');
  if (xzMagic.some((byte, index) => head[index] !== byte) || head[6] !== 0 || !checks.has(head[7]!))
    refuse('SECTION_CORRUPT', 'A section does not begin like an .xz stream.');
  checkCrc(head, 6, 8);
  const blockSize = (reader.bytes[reader.at] ?? 0) * 4 + 4;
  const block = take(reader, blockSize, 'an .xz block header');
  if (blockSize === 4) refuse('SECTION_CORRUPT', 'An .xz stream has no block.');
  checkCrc(block, 0, blockSize - 4);
  if (block[1] !== 0) refuse('SECONDARY_UNSUPPORTED', 'An .xz block has more than one filter, or states sizes.');
  if (block[2] !== lzma2Filter || block[3] !== 1)
    refuse('SECONDARY_UNSUPPORTED', 'An .xz block has a filter other than LZMA2.');
  const dictionary = block[4]!;
  if (dictionary > largestDictionary || block.subarray(5, blockSize - 4).some((byte) => byte !== 0))
    refuse('SECTION_CORRUPT', 'An .xz block header is not as it should be.');
  return dictionaryBytes(dictionary);
}

/** Of the one byte that says it: 4 KiB, 6 KiB, 8 KiB, 12 KiB, ... */
export function dictionaryBytes(code: number): number {
  return code === largestDictionary ? 2 ** 32 - 1 : (2 | (code & 1)) * 2 ** ((code >> 1) + 11);
}

function take(reader: Reader, size: number, what: string): Uint8Array {
  const { bytes, at } = readPart(reader, size, what);
  return bytes.subarray(at, at + size);
}

/** Of the bytes from `from` up to `to`, little-endian behind them. */
function checkCrc(bytes: Uint8Array, from: number, to: number): void {
  const stated = (bytes[to]! | (bytes[to + 1]! << 8) | (bytes[to + 2]! << 16) | (bytes[to + 3]! << 24)) >>> 0;
  if (crc32(bytes.subarray(from, to)) !== stated)
    refuse('SECTION_CORRUPT', 'An .xz header does not have its checksum.');
}
