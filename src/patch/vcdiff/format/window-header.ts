/** The head of one window (RFC 3284 sections 4.2 and 4.3), and where its sections lie. Every length is held against every other. */
import { refuse } from '../refusal.ts';
import { type Reader, readByte, readInteger, readPart } from './reader.ts';

export const sourceBit = 1;
export const targetBit = 2;
/** xdelta3's own: four bytes after the lengths of the sections. */
export const adlerBit = 4;

/** Data for ADD and RUN, instructions and sizes, addresses for COPY; bit n of the delta indicator: section n is compressed. */
export const sectionNames = ['data', 'instructions', 'addresses'] as const;
const anyCompressed = 7;

export interface WindowHeader {
  /** What the source segment is a part of. */
  readonly segment: 'none' | 'source' | 'target';
  readonly segmentLength: number;
  readonly segmentStart: number;
  readonly targetLength: number;
  /** Bits by section. */
  readonly compressed: number;
  readonly adler: number | undefined;
  readonly sections: readonly [data: Reader, instructions: Reader, addresses: Reader];
}

export function readWindowHeader(reader: Reader): WindowHeader {
  const indicator = readByte(reader, 'a window indicator');
  if ((indicator & ~(sourceBit | targetBit | adlerBit)) !== 0)
    refuse('INDICATOR_INVALID', 'A window indicator has bits that mean nothing.');
  if ((indicator & (sourceBit | targetBit)) === (sourceBit | targetBit))
    refuse('INDICATOR_INVALID', 'A window copies from source and target at once.');
  const segment = (indicator & sourceBit) !== 0 ? 'source' : (indicator & targetBit) !== 0 ? 'target' : 'none';
  const segmentLength = segment === 'none' ? 0 : readInteger(reader, 'the length of a source segment');
  const segmentStart = segment === 'none' ? 0 : readInteger(reader, 'the position of a source segment');
  const length = readInteger(reader, 'the length of a window');
  const encoding = readPart(reader, length, 'a window');
  return {
    segment,
    segmentLength,
    segmentStart,
    ...readEncoding(encoding, (indicator & adlerBit) !== 0),
  };
}

function readEncoding(
  encoding: Reader,
  hasAdler: boolean,
): Pick<WindowHeader, 'targetLength' | 'compressed' | 'adler' | 'sections'> {
  const targetLength = readInteger(encoding, 'the length of a target window');
  const compressed = readByte(encoding, 'a delta indicator');
  if ((compressed & ~anyCompressed) !== 0) refuse('INDICATOR_INVALID', 'A delta indicator has bits that mean nothing.');
  const dataLength = readInteger(encoding, 'the length of a data section');
  const instructionsLength = readInteger(encoding, 'the length of an instructions section');
  const addressesLength = readInteger(encoding, 'the length of an addresses section');
  const adler = hasAdler ? readAdler(encoding) : undefined;
  if (dataLength + instructionsLength + addressesLength !== encoding.end - encoding.at)
    refuse('LENGTHS_DISAGREE', 'The sections of a window do not add up to its length.');
  const data = readPart(encoding, dataLength, 'a data section');
  const instructions = readPart(encoding, instructionsLength, 'an instructions section');
  const addresses = readPart(encoding, addressesLength, 'an addresses section');
  return { targetLength, compressed, adler, sections: [data, instructions, addresses] };
}

function readAdler(reader: Reader): number {
  const { bytes, at } = readPart(reader, 4, 'a checksum');
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}
