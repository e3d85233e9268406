/**
 * Writes the LZMA sections of one kind as xdelta3 does: an .xz stream of one LZMA2 block that is never ended, in whole
 * chunks for every section. Dictionary and models go on from section to section.
 */
import { crc32 } from 'node:zlib';
import { type ByteWriter, createWriter, writeByte, writeBytes, writtenBytes } from '../../vcdiff/format/byte-writer.ts';
import { lzma2Filter, xzMagic } from '../decode/xz-header.ts';
import { choose, type Choice, createLiteralPrices, type LiteralPrices } from './choose-symbol.ts';
import { createRangeEncoder, finishRange, rangeTail, restartRange } from './range-encoder.ts';
import {
  createSectionMatches,
  dictionaryBytes,
  dictionaryCode,
  moveMatches,
  type SectionMatches,
} from './section-matches.ts';
import { type Coder, createCoder, encodeLiteral, encodeMatch, encodeRep, properties, resetCoder } from './symbols.ts';

/** Of a chunk: what it may be packed, and unpacked. */
const mostPacked = 2 ** 16;
const mostUnpacked = 2 ** 21;
const mostStored = 2 ** 16;

/** Appends a section. */
export type Pack = (section: Uint8Array, out: ByteWriter) => void;

interface Packer {
  readonly coder: Coder;
  readonly prices: LiteralPrices;
  matches: SectionMatches;
  bytes: Uint8Array;
  size: number;
  /** What the next chunk has to bring along. */
  resets: 'dictionary' | 'properties' | 'state' | 'nothing';
}

export function openPack(): Pack {
  let packer: Packer | undefined;
  return (section, out) => {
    if (packer === undefined) writeXzHeader(out);
    packer = withRoom(packer ?? createPacker(), section.length);
    packer.bytes.set(section, packer.size);
    const end = packer.size + section.length;
    while (packer.size < end) writeChunk(packer, end, out);
  };
}

function createPacker(): Packer {
  return {
    coder: createCoder(createRangeEncoder(createWriter())),
    prices: createLiteralPrices(),
    matches: createSectionMatches(0),
    bytes: new Uint8Array(),
    size: 0,
    resets: 'dictionary',
  };
}

/** The dictionary, a section, and as much again, so that bytes are moved rarely. */
function withRoom(packer: Packer, more: number): Packer {
  const { bytes, size } = packer;
  if (size + more <= bytes.length) return packer;
  const from = Math.max(0, size - dictionaryBytes);
  if (from > 0) {
    bytes.copyWithin(0, from, size);
    moveMatches(packer.matches, from);
    packer.size -= from;
  }
  if (packer.size + more > bytes.length) {
    const capacity = dictionaryBytes + Math.max(dictionaryBytes, 2 * more);
    packer.bytes = new Uint8Array(capacity);
    packer.bytes.set(bytes.subarray(0, packer.size));
    const next = new Int32Array(capacity);
    next.set(packer.matches.next);
    packer.matches = { ...packer.matches, next };
  }
  return packer;
}

function writeXzHeader(out: ByteWriter): void {
  const flags = Uint8Array.of(0, 0);
  writeBytes(out, Uint8Array.from(xzMagic));
  writeBytes(out, flags);
  writeCrc(out, flags);
  const block = Uint8Array.of(2, 0, lzma2Filter, 1, dictionaryCode, 0, 0, 0);
  writeBytes(out, block);
  writeCrc(out, block);
}

function writeCrc(out: ByteWriter, bytes: Uint8Array): void {
  const value = crc32(bytes);
  for (const shift of [0, 8, 16, 24]) writeByte(out, (value >>> shift) & 0xff);
}

function writeChunk(packer: Packer, end: number, out: ByteWriter): void {
  const { coder, bytes, size } = packer;
  if (packer.resets !== 'nothing') resetCoder(coder);
  const to = encodeSome(packer, end);
  const unpacked = to - size;
  const packed = coder.range.out.size;
  if (packed >= unpacked && unpacked <= mostStored) {
    writeByte(out, packer.resets === 'dictionary' ? 1 : 2);
    writeShort(out, unpacked - 1);
    writeBytes(out, bytes.subarray(size, to));
    packer.resets = packer.resets === 'dictionary' || packer.resets === 'properties' ? 'properties' : 'state';
  } else {
    const control = { dictionary: 0xe0, properties: 0xc0, state: 0xa0, nothing: 0x80 }[packer.resets];
    writeByte(out, control | ((unpacked - 1) >> 16));
    writeShort(out, (unpacked - 1) & 0xffff);
    writeShort(out, packed - 1);
    if (control >= 0xc0) writeByte(out, properties);
    writeBytes(out, writtenBytes(coder.range.out));
    packer.resets = 'nothing';
  }
  packer.size = to;
}

function writeShort(out: ByteWriter, value: number): void {
  writeByte(out, value >> 8);
  writeByte(out, value & 0xff);
}

/** As much as one chunk can hold; returns where it ends. */
function encodeSome(packer: Packer, end: number): number {
  const { coder, bytes, matches, prices } = packer;
  restartRange(coder.range);
  let now: Choice = { length: 0, rep: 0, distance: 0, saved: 0 };
  let next: Choice = { length: 0, rep: 0, distance: 0, saved: 0 };
  let at = packer.size;
  const last = Math.min(end, at + mostUnpacked);
  let isChosen = false;
  while (at < last && coder.range.out.size + coder.range.heldCount < mostPacked - rangeTail) {
    if (!isChosen) choose(coder, matches, prices, bytes, at, last, now);
    isChosen = false;
    if (now.length > 1 && at + 1 < last) {
      choose(coder, matches, prices, bytes, at + 1, last, next);
      // One byte later more can be saved.
      isChosen = next.saved > now.saved;
    }
    if (now.length === 0 || isChosen) encodeLiteral(coder, bytes, at);
    else if (now.rep >= 0) encodeRep(coder, now.rep, now.length);
    else encodeMatch(coder, now.distance, now.length);
    at += isChosen ? 1 : Math.max(1, now.length);
    if (isChosen) [now, next] = [next, now];
  }
  finishRange(coder.range);
  return at;
}
