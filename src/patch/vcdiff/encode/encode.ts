/**
 * Makes a VCDIFF patch (RFC 3284), plain or as xdelta3 does. The base is indexed once; the target is cut into windows,
 * and for each the cheapest steps are chosen, then written. Every window's source segment is as much of the base as its
 * copies span. Equal inputs give equal bytes. Memory: base, target, 4 bytes for each of 2 ** 27 places of the base at
 * most, 64 MiB of hashes, and the patch.
 */
import { ThemisError } from '../../../kernel/error.ts';
import { adler32 } from '../format/adler32.ts';
import { createAddressCache, emptyCache } from '../format/address-cache.ts';
import { applicationBit, type Dialect, magic } from '../format/file-header.ts';
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
} from './byte-writer.ts';
import { type Chooser, chooseSteps, createChooser } from './choose-steps.ts';
import { plainPrices, digitsOf } from './prices.ts';
import { createSteps } from './steps.ts';
import { type SectionWriters, type Segment, usedSegment, writeInstructions } from './write-instructions.ts';
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
  const chooser = createChooser({ base, target, inBase: indexBase(base), inWindow }, plainPrices);
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
  writeByte(patch, dialect === 'xdelta3' ? applicationBit : 0);
  // xdelta3 puts the names of files here, for want of which it asks for them; a release names its files itself.
  if (dialect === 'xdelta3') writeInteger(patch, 0);
}

function windowWriter(chooser: Chooser, dialect: Dialect): (patch: ByteWriter, start: number, end: number) => void {
  const { base, target } = chooser.finder;
  const steps = createSteps();
  const cache = createAddressCache();
  const sections = { data: createWriter(), instructions: createWriter(), addresses: createWriter() };
  return (patch, start, end) => {
    chooseSteps(chooser, start, end, steps);
    const segment = usedSegment(steps, base.length);
    for (const section of Object.values(sections)) section.size = 0;
    emptyCache(cache);
    writeInstructions(steps, segment, target.subarray(start, end), base.length, cache, sections);
    writeWindow(patch, segment, end - start, sections, dialect === 'xdelta3' ? adler32(target, start, end) : undefined);
  };
}

/** RFC 3284 sections 4.2 and 4.3. */
function writeWindow(
  patch: ByteWriter,
  segment: Segment,
  targetLength: number,
  sections: SectionWriters,
  adler: number | undefined,
): void {
  const parts = [sections.data, sections.instructions, sections.addresses].map(writtenBytes);
  writeByte(patch, (segment.length > 0 ? sourceBit : 0) | (adler === undefined ? 0 : adlerBit));
  if (segment.length > 0) {
    writeInteger(patch, segment.length);
    writeInteger(patch, segment.start);
  }
  const lengths = digitsOf(targetLength) + 1 + parts.reduce((sum, { length }) => sum + digitsOf(length), 0);
  const content = parts.reduce((sum, { length }) => sum + length, 0);
  writeInteger(patch, lengths + (adler === undefined ? 0 : 4) + content);
  writeInteger(patch, targetLength);
  writeByte(patch, 0);
  for (const part of parts) writeInteger(patch, part.length);
  if (adler !== undefined) writeWord(patch, adler);
  for (const part of parts) writeBytes(patch, part);
}
