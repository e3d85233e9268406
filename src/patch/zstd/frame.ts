/**
 * The outside of a frame (RFC 8878 3.1.1), read before anything of it is decompressed: one frame and nothing beside it,
 * whose header states the size of the target, so that the decompressor takes no more memory than the target has bytes.
 * That is what `zstd --patch-from` writes; frames that are allowed by the RFC and written by nobody are refused by name.
 * What is inside of blocks is for the decompressor to judge.
 */
import { refuseZstd } from './refuse.ts';

const magic = 0xfd2fb528;
/** Of zstd before 0.8, one number a version; the latest of them is one less than the magic. */
const firstLegacyMagic = 0xfd2fb522;
/** Sixteen of them, in a row (RFC 8878 3.1.2). */
const firstSkippableMagic = 0x184d2a50;

const smallestWindowLog = 10;
const largestBlock = 2 ** 17;
const rleBlock = 1;
const reservedBlock = 3;
const checksumBytes = 4;

interface Cursor {
  readonly bytes: Uint8Array;
  at: number;
}

interface FrameHeader {
  /** Bytes that a match may reach back within the target; no block makes more than these. */
  readonly windowBytes: number;
  readonly hasChecksum: boolean;
}

/** Throws PATCH_INVALID for all but one frame of `targetBytes` bytes. */
export function checkFrame(patch: Uint8Array, targetBytes: number): void {
  const cursor: Cursor = { bytes: patch, at: 0 };
  checkMagic(readNumber(cursor, 4));
  const { windowBytes, hasChecksum } = readHeader(cursor, targetBytes);
  const mostBlockBytes = Math.min(windowBytes, largestBlock);
  while (!skipBlock(cursor, mostBlockBytes));
  if (hasChecksum) skip(cursor, checksumBytes);
  if (cursor.at < patch.length) refuseRest(cursor);
}

function checkMagic(found: number): void {
  if (found === magic) return;
  if (isSkippable(found)) refuseZstd('SKIPPABLE_FRAME', 'begins with a frame that is to be skipped');
  if (found >= firstLegacyMagic && found < magic)
    refuseZstd('LEGACY_FRAME', 'is of a version of zstd before 0.8, which is not supported');
  refuseZstd('NOT_ZSTD', 'does not begin as a zstd frame');
}

/** RFC 8878 3.1.1.1. */
function readHeader(cursor: Cursor, targetBytes: number): FrameHeader {
  const descriptor = readNumber(cursor, 1);
  if ((descriptor & 0x08) !== 0) refuseZstd('RESERVED_BIT', 'has a header with the reserved bit set');
  const isSingleSegment = (descriptor & 0x20) !== 0;
  const stated = isSingleSegment ? undefined : windowOf(readNumber(cursor, 1));
  const dictionaryId = readNumber(cursor, [0, 1, 2, 4][descriptor & 3]!);
  if (dictionaryId !== 0) refuseZstd('DICTIONARY_NAMED', `asks for the dictionary ${dictionaryId}, not for a file`);
  const contentBytes = readContentSize(cursor, descriptor >> 6, isSingleSegment);
  if (contentBytes === undefined) refuseZstd('CONTENT_SIZE', 'does not state how many bytes it makes');
  if (contentBytes !== targetBytes)
    refuseZstd('CONTENT_SIZE', `makes ${contentBytes} bytes, its target has ${targetBytes}`);
  if (stated !== undefined && stated > Math.max(2 ** smallestWindowLog, targetBytes))
    refuseZstd('WINDOW_TOO_LARGE', `asks for a window of ${stated} bytes, its target has ${targetBytes}`);
  return { windowBytes: stated ?? contentBytes, hasChecksum: (descriptor & 0x04) !== 0 };
}

function windowOf(descriptor: number): number {
  const power = 2 ** (smallestWindowLog + (descriptor >> 3));
  return power + (power / 8) * (descriptor & 7);
}

function readContentSize(cursor: Cursor, flag: number, isSingleSegment: boolean): number | undefined {
  if (flag === 0) return isSingleSegment ? readNumber(cursor, 1) : undefined;
  // In two bytes there is no need to say less than fits into one.
  if (flag === 1) return readNumber(cursor, 2) + 256;
  return readNumber(cursor, flag === 2 ? 4 : 8);
}

/** Whether it was the last one (RFC 8878 3.1.1.2). */
function skipBlock(cursor: Cursor, mostBytes: number): boolean {
  const header = readNumber(cursor, 3);
  const type = (header >> 1) & 3;
  const size = header >> 3;
  if (type === reservedBlock) refuseZstd('BLOCK_RESERVED', 'has a block of the reserved type');
  if (size > mostBytes) refuseZstd('BLOCK_TOO_LARGE', `has a block of ${size} bytes, where ${mostBytes} are the most`);
  skip(cursor, type === rleBlock ? 1 : size);
  return (header & 1) !== 0;
}

function refuseRest(cursor: Cursor): never {
  const { bytes, at } = cursor;
  const next = bytes.length - at < 4 ? 0 : readNumber(cursor, 4);
  if (next === magic) refuseZstd('SECOND_FRAME', 'has a second frame behind the first');
  if (isSkippable(next)) refuseZstd('SKIPPABLE_FRAME', 'has a frame behind it that is to be skipped');
  return refuseZstd('TRAILING_BYTES', `has ${bytes.length - at} bytes behind its frame`);
}

function isSkippable(found: number): boolean {
  return found >= firstSkippableMagic && found < firstSkippableMagic + 16;
}

/** Little-endian; from 2^53 on not exact, which is no size of anything. */
function readNumber(cursor: Cursor, size: number): number {
  const from = cursor.at;
  skip(cursor, size);
  let value = 0;
  for (let at = cursor.at - 1; at >= from; at -= 1) value = value * 256 + cursor.bytes[at]!;
  return value;
}

function skip(cursor: Cursor, size: number): void {
  if (size > cursor.bytes.length - cursor.at) refuseZstd('TRUNCATED', 'ends within its frame');
  cursor.at += size;
}
