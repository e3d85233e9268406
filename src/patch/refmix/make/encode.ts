/**
 * One segment of a patch by whichever method makes it smallest. The model takes longer than Brotli to read what lies
 * beside nothing, so of much of that it gets none.
 */
import { brotliCompressSync, constants } from 'node:zlib';
import { finishWriting, startWriting } from '../coder/bit-coder.ts';
import type { Segment } from '../container.ts';
import type { AddressMap, Pieces } from '../address-map.ts';
import type { Region } from '../layout.ts';
import { modelBytes, startModel } from '../model.ts';
import { copyLiterals, packSegment } from '../packed.ts';
import { codeSegment } from '../segment.ts';
import { noHistory, startWalk } from '../walk.ts';

/** Nothing outside the segment is read or written, so segments may be encoded in any order, or beside each other. */
export interface EncodeTask {
  /** The whole target as the base has it, and as it is; shared where segments are encoded in several threads. */
  readonly work: Uint8Array;
  readonly truth: Uint8Array;
  readonly from: number;
  readonly to: number;
  readonly pieces: Pieces;
  readonly map: AddressMap;
  readonly regions: readonly Region[];
}

/** More bytes than these beside nothing are packed, for the sake of time. */
const mostMixedLiterals = 2 ** 21;
/** A code of less than one of so many bytes of the segment is not worth to be held against Brotli. */
const clearGain = 20;

/** What `work` holds in the segment is the target's afterwards. */
export function encodeSegment(task: EncodeTask): Segment {
  const { work, truth, from, to } = task;
  const { differences, literals } = packSegment({ ...task, origin: 0 }, truth);
  const packedLiterals = pack(literals);
  const before = work.slice(from, to);
  let best: Segment | undefined;
  let literalBytes = Infinity;
  if (literals.length <= mostMixedLiterals) {
    const mixed = mix(task, false);
    ({ literalBytes } = mixed);
    best = { end: to, method: 'mixed', packed: new Uint8Array(0), code: mixed.code };
  }
  if (packedLiterals.length < literalBytes) {
    work.set(before, from);
    best = smaller(best, { end: to, method: 'mixedBesidePacked', packed: packedLiterals, code: mix(task, true).code });
  }
  if (best !== undefined && sizeOf(best) * clearGain < to - from) return best;
  const everything = new Uint8Array(differences.length + literals.length);
  everything.set(differences);
  everything.set(literals, differences.length);
  return smaller(best, { end: to, method: 'packed', packed: pack(everything), code: new Uint8Array(0) });
}

function mix(task: EncodeTask, hasLiterals: boolean): { readonly code: Uint8Array; readonly literalBytes: number } {
  const { work, truth, from, to, map, pieces, regions } = task;
  if (hasLiterals) copyLiterals({ ...task, origin: 0 }, truth);
  const model = startModel(new ArrayBuffer(modelBytes(!hasLiterals)), !hasLiterals);
  const walk = startWalk({ coder: startWriting(), work, origin: 0, truth, from, to, map }, model, noHistory);
  codeSegment(walk, { pieces, regions, hasLiterals }, from, to);
  return { code: finishWriting(walk.coder), literalBytes: walk.literalBytes };
}

function sizeOf({ packed, code }: Segment): number {
  return packed.length + code.length;
}

function smaller(best: Segment | undefined, other: Segment): Segment {
  return best !== undefined && sizeOf(best) <= sizeOf(other) ? best : other;
}

function pack(bytes: Uint8Array): Uint8Array {
  if (bytes.length === 0) return new Uint8Array(0);
  const { BROTLI_PARAM_QUALITY, BROTLI_PARAM_LGWIN, BROTLI_PARAM_SIZE_HINT } = constants;
  const params = {
    [BROTLI_PARAM_QUALITY]: 11,
    [BROTLI_PARAM_LGWIN]: 24,
    [BROTLI_PARAM_SIZE_HINT]: bytes.length,
  };
  return brotliCompressSync(bytes, { params });
}
