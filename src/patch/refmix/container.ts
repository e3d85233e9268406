/**
 * The bytes of a patch: a head, the control stream (layout, segments, stretches: one arithmetic code), and for each
 * segment its packed bytes and its code (docs/refmix.md, "The patch" and "The control stream"). Another arrangement is
 * another version.
 */
import { concatenate } from '../../kernel/concatenate.ts';
import type { Alignment } from '../alignment.ts';
import { type BitCoder, finishWriting, startReading, startWriting } from './coder/bit-coder.ts';
import { type Layout, layoutToNumbers, readLayout } from './layout.ts';
import { codeNumber, type NumberModel, startNumbers } from './coder/number-coder.ts';
import { refusePatch } from './refuse.ts';
import { codeStretches } from './coder/stretch-coder.ts';

export interface Container {
  readonly baseBytes: number;
  readonly targetBytes: number;
  readonly layout: Layout;
  readonly stretches: Alignment;
  /** Of the whole target, in order. */
  readonly segments: readonly Segment[];
}

export interface Segment {
  readonly end: number;
  readonly method: SegmentMethod;
  /** Brotli: of what the method says. */
  readonly packed: Uint8Array;
  /** Of the model. */
  readonly code: Uint8Array;
}

/** mixed: all is code. mixedBesidePacked: what lies beside nothing is packed. packed: so are the differences, before it. */
export const segmentMethods = ['mixed', 'mixedBesidePacked', 'packed'] as const;
export type SegmentMethod = (typeof segmentMethods)[number];

export const containerLimits = {
  baseBytes: 2 ** 28,
  targetBytes: 160 * 2 ** 20,
  segments: 16,
  stretches: 2 ** 18,
} as const;

const magic = Uint8Array.of(0x52, 0x46, 0x4d, 0x58, 1);

/** Kinds of numbers in the control stream before the stretches. */
const kinds = { layout: 0, segment: 1, all: 2 } as const;

export function writeContainer({ baseBytes, targetBytes, layout, stretches, segments }: Container): Uint8Array {
  const coder = startWriting();
  const numbers = startNumbers(kinds.all);
  const put = (kind: number, value: number): void => void codeNumber(coder, numbers, kind, value);
  for (const number of layoutToNumbers(layout)) put(kinds.layout, number);
  put(kinds.segment, segments.length);
  for (const { end, method, packed, code } of segments) {
    for (const number of [end, segmentMethods.indexOf(method), packed.length, code.length]) put(kinds.segment, number);
  }
  put(kinds.segment, stretches.entries);
  codeStretches(coder, stretches, { baseBytes, targetBytes });
  const control = finishWriting(coder);
  const head = [...magic, ...[baseBytes, targetBytes, control.length].flatMap(varint)];
  return concatenate([Uint8Array.from(head), control, ...segments.flatMap(({ packed, code }) => [packed, code])]);
}

/** Checks the form of everything but what the segments hold. */
export function readContainer(patch: Uint8Array, baseBytes: number, targetBytes: number): Container {
  if (patch.length < magic.length || magic.some((byte, at) => patch[at] !== byte)) {
    throw refusePatch('it does not begin as one of version 1');
  }
  const head = { at: magic.length };
  if (readVarint(patch, head) !== baseBytes) throw refusePatch('it is for a base of another size');
  if (readVarint(patch, head) !== targetBytes) throw refusePatch('it is for a target of another size');
  const controlBytes = readVarint(patch, head);
  if (controlBytes > patch.length - head.at) throw refusePatch('it ends within its control stream');
  let at = head.at + controlBytes;
  const coder = startReading(patch.subarray(head.at, at));
  const numbers = startNumbers(kinds.all);
  const layout = readLayout(() => codeNumber(coder, numbers, kinds.layout, 0));
  const segments = readSegments(coder, numbers, targetBytes).map(({ end, method, packedBytes, codeBytes }) => {
    const packed = patch.subarray(at, at + packedBytes);
    const code = patch.subarray(at + packedBytes, at + packedBytes + codeBytes);
    at += packedBytes + codeBytes;
    return { end, method, packed, code };
  });
  if (at !== patch.length) throw refusePatch('its length is not that of its parts');
  const entries = codeNumber(coder, numbers, kinds.segment, 0);
  if (entries > Math.min(containerLimits.stretches, targetBytes)) throw refusePatch('it has too many stretches');
  const column = (): Int32Array => new Int32Array(entries);
  const stretches = {
    entries,
    basePosition: column(),
    targetPosition: column(),
    length: column(),
    extra: column(),
  };
  codeStretches(coder, stretches, { baseBytes, targetBytes });
  return { baseBytes, targetBytes, layout, stretches, segments };
}

interface SegmentHead {
  readonly end: number;
  readonly method: SegmentMethod;
  readonly packedBytes: number;
  readonly codeBytes: number;
}

function readSegments(coder: BitCoder, numbers: NumberModel, targetBytes: number): SegmentHead[] {
  const next = (): number => codeNumber(coder, numbers, kinds.segment, 0);
  const count = next();
  if (count > containerLimits.segments) throw refusePatch('it has too many segments');
  let last = 0;
  const heads = Array.from({ length: count }, () => {
    const end = next();
    const method = segmentMethods[next()];
    if (method === undefined) throw refusePatch('a segment is of an unknown method');
    if (end <= last || end > targetBytes) throw refusePatch('its segments are not in order');
    last = end;
    return { end, method, packedBytes: next(), codeBytes: next() };
  });
  if (last !== targetBytes) throw refusePatch('its segments do not make up the target');
  return heads;
}

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...varint(Math.floor(value / 128))];
}

function readVarint(bytes: Uint8Array, head: { at: number }): number {
  let value = 0;
  for (let scale = 1; scale <= 2 ** 28; scale *= 128) {
    const byte = bytes[head.at] ?? 0;
    head.at += 1;
    value += (byte & 127) * scale;
    if (byte < 128) return value;
  }
  throw refusePatch('a number in its head is too large');
}
