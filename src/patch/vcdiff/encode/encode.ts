/**
 * Makes a VCDIFF patch (RFC 3284), plain or as xdelta3 does. The base is indexed once; the target is cut into windows,
 * and for each the cheapest steps are chosen, then written. Every window's source segment is as much of the base as its
 * copies span. Equal inputs give equal bytes. Memory: base, target, 4 bytes for each of 2 ** 27 places of the base at
 * most, 64 MiB of hashes, and the patch.
 */
import { ThemisError } from '../../../kernel/error.ts';
import { openPack, type Pack } from '../../lzma/encode/pack-sections.ts';
import { adler32 } from '../format/adler32.ts';
import { createAddressCache, emptyCache } from '../format/address-cache.ts';
import { applicationBit, type Dialect, magic, secondaryBit, secondaryIds } from '../format/file-header.ts';
import { adlerBit, sourceBit } from '../format/window-header.ts';
import { indexBase } from './base-index.ts';
import {
  type ByteWriter,
  createWriter,
  writeByte,
  writeBytes,
  writeInteger,
  writeWord,
  writtenBytes,
} from '../format/byte-writer.ts';
import { type Chooser, chooseSteps, createChooser } from './choose-steps.ts';
import { createMatchFinder } from './match-finder.ts';
import { digitsOf, packedPrices, plainPrices } from './prices.ts';
import { createSteps } from './steps.ts';
import { type Segment, usedSegment, writeInstructions } from './write-instructions.ts';
import { createWindowIndex } from './window-index.ts';

/** So that addresses stay below 2 ** 31. */
export const vcdiffLimits = { baseBytes: 2_000_000_000, targetBytes: 2_000_000_000 };

/** Far enough back to find most of what comes again, small enough that its addresses are short. */
const windowBytes = 2 * 2 ** 20;

export interface EncodeGiven {
  readonly dialect: Dialect;
  readonly signal?: AbortSignal | undefined;
}

export function encodeVcdiff(base: Uint8Array, target: Uint8Array, { dialect, signal }: EncodeGiven): Uint8Array {
  checkLimits(base, target);
  const inWindow = createWindowIndex(Math.min(windowBytes, target.length));
  const prices = dialect === 'xdelta3' ? packedPrices : plainPrices;
  const chooser = createChooser(createMatchFinder(base, target, indexBase(base), inWindow), prices);
  const write = windowWriter(chooser, dialect);
  const patch = createWriter();
  writeFileHeader(patch, dialect);
  // A target of no bytes is one window of none: there has to be one.
  for (let start = 0; start === 0 || start < target.length; start += windowBytes) {
    if (signal?.aborted === true) throw new ThemisError('CANCELLED', 'Making a patch was cancelled.');
    write(patch, start, Math.min(start + windowBytes, target.length));
  }
  return writtenBytes(patch);
}

function checkLimits(base: Uint8Array, target: Uint8Array): void {
  const { baseBytes, targetBytes } = vcdiffLimits;
  if (base.length > baseBytes || target.length > targetBytes)
    throw new ThemisError('USAGE', `VCDIFF patches are made of files up to ${baseBytes} bytes.`);
}

function writeFileHeader(patch: ByteWriter, dialect: Dialect): void {
  for (const byte of magic) writeByte(patch, byte);
  writeByte(patch, 0);
  if (dialect === 'rfc3284') {
    writeByte(patch, 0);
    return;
  }
  writeByte(patch, secondaryBit | applicationBit);
  writeByte(patch, secondaryIds.LZMA);
  // xdelta3 puts the names of files here, for want of which it asks for them; a release names its files itself.
  writeInteger(patch, 0);
}

function windowWriter(chooser: Chooser, dialect: Dialect): (patch: ByteWriter, start: number, end: number) => void {
  const { base, target } = chooser.finder;
  const steps = createSteps();
  const cache = createAddressCache();
  const sections = { data: createWriter(), instructions: createWriter(), addresses: createWriter() };
  const writers = [sections.data, sections.instructions, sections.addresses];
  const packers = dialect === 'xdelta3' ? writers.map(openSectionPacker) : undefined;
  return (patch, start, end) => {
    chooseSteps(chooser, start, end, steps);
    const segment = usedSegment(steps, base.length);
    for (const section of writers) section.size = 0;
    emptyCache(cache);
    writeInstructions(steps, segment, target.subarray(start, end), base.length, cache, sections);
    const packed = packers?.map((pack, kind) => pack(writtenBytes(writers[kind]!)));
    writeSegment(patch, segment, packed !== undefined);
    writeEncoding(patch, {
      targetLength: end - start,
      compressed: packed?.reduce((bits, bytes, kind) => (bytes === undefined ? bits : bits | (1 << kind)), 0) ?? 0,
      sections: writers.map((writer, kind) => packed?.[kind] ?? writtenBytes(writer)),
      adler: packed === undefined ? undefined : adler32(target, start, end),
    });
  };
}

/** Undefined: left as it is, because it would not become smaller. Once begun, the compressor has to see every section. */
function openSectionPacker(): (section: Uint8Array) => Uint8Array | undefined {
  const packed = createWriter();
  let begun: Pack | undefined;
  return (section) => {
    if (section.length === 0) return undefined;
    packed.size = 0;
    writeInteger(packed, section.length);
    const pack = begun ?? openPack();
    pack(section, packed);
    if (begun === undefined && packed.size >= section.length) return undefined;
    begun = pack;
    return writtenBytes(packed);
  };
}

/** RFC 3284 section 4.2. */
function writeSegment(patch: ByteWriter, { start, length }: Segment, hasAdler: boolean): void {
  writeByte(patch, (length > 0 ? sourceBit : 0) | (hasAdler ? adlerBit : 0));
  if (length === 0) return;
  writeInteger(patch, length);
  writeInteger(patch, start);
}

/** Section 4.3. */
function writeEncoding(
  patch: ByteWriter,
  encoding: {
    readonly targetLength: number;
    readonly compressed: number;
    readonly sections: readonly Uint8Array[];
    readonly adler: number | undefined;
  },
): void {
  const { targetLength, compressed, sections, adler } = encoding;
  const lengths = sections.reduce((sum, { length }) => sum + digitsOf(length) + length, digitsOf(targetLength) + 1);
  writeInteger(patch, lengths + (adler === undefined ? 0 : 4));
  writeInteger(patch, targetLength);
  writeByte(patch, compressed);
  for (const { length } of sections) writeInteger(patch, length);
  if (adler !== undefined) writeWord(patch, adler);
  for (const section of sections) writeBytes(patch, section);
}
