/**
 * REFMIX, reference-mapped mixing: an alignment in the manner of bsdiff, whose differences are guessed by following the
 * references in them (refmix/guesses.ts) and coded bit by bit with what a small model makes of the guesses. The smallest
 * patches for programs that were linked anew, and the slowest to apply. The format: refmix/container.ts.
 *
 * Everything is counted in whole numbers, and segments know nothing of each other: the same bytes on every machine and
 * with any number of workers.
 */
import { ThemisError } from '../kernel/error.ts';
import type { ApplyGiven, MakeGiven, PatchAlgorithm } from './algorithm.ts';
import { cutPieces, mapAddresses } from './refmix/address-map.ts';
import type { Alignment } from './alignment.ts';
import { containerLimits, readContainer, type Segment, writeContainer } from './refmix/container.ts';
import { decodeSegment } from './refmix/decode.ts';
import { alignPrograms } from './refmix/make/align.ts';
import { encodeSegment } from './refmix/make/encode.ts';
import { segmentEnds } from './refmix/make/segment-ends.ts';
import { beside } from './refmix/beside.ts';
import { refusePatch } from './refmix/refuse.ts';

/** Given out at a time. */
const chunkBytes = 2 ** 20;

export const refmix: PatchAlgorithm<'REFMIX'> = {
  id: 'REFMIX',
  limits: {
    baseBytes: containerLimits.baseBytes,
    targetBytes: containerLimits.targetBytes,
    applyBytes: () => 256 * 2 ** 20,
  },
  make,
  apply,
};

async function make(base: Uint8Array, target: Uint8Array, given: MakeGiven): Promise<Uint8Array> {
  if (base.length > containerLimits.baseBytes || target.length > containerLimits.targetBytes) {
    throw new ThemisError('USAGE', 'The files are too large for a REFMIX patch.');
  }
  const { layout, stretches } = alignPrograms(base, target);
  const pieces = cutPieces(stretches, layout);
  const map = mapAddresses(pieces, layout);
  const work = layOut(base, stretches, target.length);
  const truth = new Uint8Array(new SharedArrayBuffer(target.length));
  truth.set(target);
  const ends = segmentEnds(work, truth);
  const tasks = ends.map((to, index) => {
    const from = ends[index - 1] ?? 0;
    return { work, truth, from, to, pieces, map, regions: layout.regions };
  });
  const segments: Segment[] = [];
  for await (const segment of beside('refmix-encode', tasks, encodeSegment, given)) segments.push(segment);
  return writeContainer({ baseBytes: base.length, targetBytes: target.length, layout, stretches, segments });
}

async function* apply(base: Uint8Array, patch: Uint8Array, given: ApplyGiven): AsyncGenerator<Uint8Array> {
  const { targetBytes } = given;
  if (targetBytes > containerLimits.targetBytes) throw refusePatch('its target is too large');
  const { layout, stretches, segments } = readContainer(patch, base.length, targetBytes);
  const pieces = cutPieces(stretches, layout);
  const map = mapAddresses(pieces, layout);
  const work = layOut(base, stretches, targetBytes);
  let from = 0;
  const tasks = segments.map(({ end, method, packed, code }) => {
    const shared = { work, from, to: end, pieces, map, regions: layout.regions };
    from = end;
    return { ...shared, method, packed: new Uint8Array(packed), code: new Uint8Array(code) };
  });
  let at = 0;
  let decoded = 0;
  const chunk = new Uint8Array(Math.min(chunkBytes, targetBytes));
  for await (const _ of beside('refmix-decode', tasks, decodeSegment, given)) {
    const end = tasks[decoded]!.to;
    while (at < end) {
      const bytes = work.subarray(at, Math.min(end, at + chunkBytes));
      // Not everything takes bytes that threads share.
      chunk.set(bytes);
      yield chunk.subarray(0, bytes.length);
      at += bytes.length;
    }
    decoded += 1;
  }
}

/** A target of which what lies beside the base is as the base has it, and all else zero; in a buffer threads share. */
function layOut(base: Uint8Array, stretches: Alignment, targetBytes: number): Uint8Array {
  const work = new Uint8Array(new SharedArrayBuffer(targetBytes));
  for (let entry = 0; entry < stretches.entries; entry += 1) {
    const from = stretches.basePosition[entry]!;
    work.set(base.subarray(from, from + stretches.length[entry]!), stretches.targetPosition[entry]);
  }
  return work;
}
