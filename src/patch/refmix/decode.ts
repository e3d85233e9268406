/** One segment made true in place: what is beside the base already is, what lies beside nothing is zero. */
import { brotliDecompressSync } from 'node:zlib';
import type { AddressMap, Pieces } from './address-map.ts';
import { startReading } from './coder/bit-coder.ts';
import type { SegmentMethod } from './container.ts';
import type { Region } from './layout.ts';
import { addPacked, placeLiterals, sizesOf } from './packed.ts';
import { refusePatch } from './refuse.ts';
import { codeSegment } from './segment.ts';
import { startWalk } from './walk.ts';

/** Nothing outside the segment is read or written, so segments may be decoded in any order, or beside each other. */
export interface SegmentTask {
  /** The whole target; shared where segments are decoded in several threads. */
  readonly work: Uint8Array;
  readonly from: number;
  readonly to: number;
  readonly pieces: Pieces;
  readonly map: AddressMap;
  readonly regions: readonly Region[];
}

export interface DecodeTask extends SegmentTask {
  readonly method: SegmentMethod;
  readonly packed: Uint8Array;
  readonly code: Uint8Array;
}

export function decodeSegment(task: DecodeTask): null {
  const { work, from, to, map, pieces, regions, method, packed, code } = task;
  if (method !== 'mixed') {
    const { copied, literals } = sizesOf(task);
    const bytes = unpack(packed, method === 'packed' ? copied + literals : literals);
    if (method === 'packed') addPacked(task, bytes);
    placeLiterals(task, method === 'packed' ? bytes.subarray(copied) : bytes);
  } else if (packed.length > 0) throw refusePatch('a segment has bytes that nothing uses');
  if (method === 'packed') {
    if (code.length > 0) throw refusePatch('a segment has code that nothing uses');
    return null;
  }
  const walk = startWalk({ coder: startReading(code), work, truth: undefined, from, to, map });
  codeSegment(walk, { pieces, regions, hasLiterals: method === 'mixedBesidePacked' });
  if (walk.coder.position < code.length) throw refusePatch('a segment has more code than it needs');
  return null;
}

function unpack(packed: Uint8Array, size: number): Uint8Array {
  if (size === 0 && packed.length === 0) return new Uint8Array(0);
  let bytes: Uint8Array;
  try {
    bytes = brotliDecompressSync(packed, { maxOutputLength: Math.max(1, size) });
  } catch (error) {
    throw refusePatch('the packed bytes of a segment do not unpack', error);
  }
  if (bytes.length !== size) throw refusePatch('the packed bytes of a segment are not as many as it needs');
  return bytes;
}
