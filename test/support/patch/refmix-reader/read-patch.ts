/**
 * A second reader of REFMIX, written from `docs/refmix.md` and from nothing else: it shares no code with `src/patch/`. What
 * it makes of a patch shows that the document says enough. Plain and slow; for small files, and for patches that are
 * right: of what a reader has to refuse it refuses only what it stumbles over.
 */
import assert from 'node:assert/strict';
import { brotliDecompressSync } from 'node:zlib';
import { readBits, readNumbers } from './bits.ts';
import { type AddressMap, cutPieces, mapAddresses, type Move, type Piece, type Span, type Stretch } from './pieces.ts';
import { readMixed } from './segment.ts';
import type { Region } from './words.ts';

interface Segment {
  readonly from: number;
  readonly end: number;
  readonly method: number;
  readonly packed: Uint8Array;
  readonly code: Uint8Array;
}

/** The target. */
export function readPatch(patch: Uint8Array, base: Uint8Array): Uint8Array {
  assert.deepEqual([...patch.subarray(0, 5)], [0x52, 0x46, 0x4d, 0x58, 1]);
  let at = 5;
  const varint = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = patch[at++]!;
      value += (byte % 128) * scale;
      if (byte < 128) return value;
    }
  };
  assert.equal(varint(), base.length);
  const targetBytes = varint();
  const controlBytes = varint();
  const bits = readBits(patch.subarray(at, at + controlBytes));
  at += controlBytes;
  const take = (count: number): Uint8Array => patch.subarray(at, (at += count));
  const { number } = readNumbers(bits);
  const layoutNumber = (): number => number(0);
  const [bases, targets, moved, tables] = times(4, layoutNumber);
  const spans = times(bases!, () => readSpan(layoutNumber));
  const targetSpans = times(targets!, () => readSpan(layoutNumber));
  const moves = times(moved!, (): Move => {
    const { offset: address, address: size, size: shift } = readSpan(layoutNumber);
    return { address, size, shift: shift | 0 };
  });
  let last = 0;
  const regions = times(tables!, (): Region => {
    const [end, stride, anchor, anchorShift] = times(4, layoutNumber);
    const from = last;
    last = end!;
    return { from, end: end!, stride: stride!, anchor: anchor!, anchorShift: anchorShift! | 0 };
  });
  regions.push({ from: last, end: Infinity, stride: 4, anchor: 0, anchorShift: 0 });
  last = 0;
  const heads = times(number(1), () => {
    const [end, method, packedBytes, codeBytes] = times(4, () => number(1));
    const from = last;
    last = end!;
    return { from, end: end!, method: method!, packedBytes: packedBytes!, codeBytes: codeBytes! };
  });
  const segments = heads.map(({ packedBytes, codeBytes, ...head }): Segment => {
    return { ...head, packed: take(packedBytes), code: take(codeBytes) };
  });
  assert.equal(at, patch.length);
  const stretches = readStretches(bits, number(1), targetBytes);
  const target = new Uint8Array(targetBytes);
  for (const { basePosition, position, length } of stretches)
    target.set(base.subarray(basePosition, basePosition + length), position);
  const pieces = cutPieces(stretches, spans, targetSpans);
  const map = mapAddresses(pieces, spans, moves);
  for (const segment of segments) readSegment(target, segment, { pieces, map, regions });
  return target;
}

function readSpan(next: () => number): Span {
  const [offset, address, size] = times(3, next);
  return { offset: offset!, address: address!, size: size! };
}

function readStretches(bits: ReturnType<typeof readBits>, count: number, targetBytes: number): Stretch[] {
  const { number, tree } = readNumbers(bits);
  const recent = [0, 0, 0, 0, 0, 0, 0, 0];
  let manner = 0;
  let position = 0;
  const stretches = times(count, () => {
    const choice = tree(manner, 3);
    const kind = Math.min(choice, 3);
    const size = number(8 + kind);
    const isBack = size > 0 && tree(4 + kind, 1) === 1;
    const displacement = (recent[choice]! + (isBack ? -size : size)) | 0;
    manner = size === 0 ? 1 : size < 65_536 ? 0 : 2;
    recent.splice(size === 0 ? choice : 7, 1);
    recent.unshift(displacement);
    const length = number(12 + manner);
    const extra = number(16 + manner);
    const stretch = { position, basePosition: length === 0 ? 0 : position - displacement, length };
    position += length + extra;
    return stretch;
  });
  assert.equal(position, targetBytes);
  return stretches;
}

interface Parts {
  readonly pieces: readonly Piece[];
  readonly map: AddressMap;
  readonly regions: readonly Region[];
}

/** Puts the target's bytes where those of the base and zeros are. */
function readSegment(target: Uint8Array, { from, end, method, packed, code }: Segment, parts: Parts): void {
  const inside = parts.pieces.filter(({ position, length }) => position < end && position + length > from);
  const isBeside = new Uint8Array(end - from);
  for (const { position, length } of inside)
    isBeside.fill(1, Math.max(0, position - from), Math.min(end, position + length) - from);
  const places = Array.from(isBeside.keys(), (at) => at + from);
  const beside = method === 2 ? places.filter((at) => isBeside[at - from] === 1) : [];
  const apart = method === 0 ? [] : places.filter((at) => isBeside[at - from] === 0);
  const unpacked = packed.length === 0 ? packed : brotliDecompressSync(packed);
  assert.equal(unpacked.length, beside.length + apart.length);
  for (const [nth, at] of beside.entries()) target[at] = target[at]! + unpacked[nth]!;
  for (const [nth, at] of apart.entries()) target[at] = unpacked[beside.length + nth]!;
  const bits = readBits(code);
  if (method !== 2) readMixed(bits, { target, from, end, hasLiterals: method === 1, ...parts, pieces: inside });
  else assert.equal(code.length, 0);
  assert.ok(bits.isUsedUp());
}

function times<Value>(count: number, make: () => Value): Value[] {
  return Array.from({ length: count }, make);
}
