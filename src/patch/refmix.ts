/**
 * REFMIX, reference-mapped mixing: an alignment in the manner of bsdiff, whose differences are guessed by following the
 * references in them (refmix/guesses.ts) and coded bit by bit with what a small model makes of the guesses. The smallest
 * patches for programs that were linked anew, and the slowest to apply. The format, byte by byte: docs/refmix.md.
 *
 * Everything is counted in whole numbers, and segments know nothing of each other: the same bytes on every machine and
 * with any number of workers.
 */
import { ThemisError } from '../kernel/error.ts';
import type { ApplyGiven, MakeGiven, PatchAlgorithm } from './algorithm.ts';
import { cutPieces, mapAddresses } from './refmix/address-map.ts';
import { containerLimits, readContainer, type Segment, writeContainer } from './refmix/container.ts';
import { readSegments } from './refmix/apply/read-segments.ts';
import { fillFromBase } from './refmix/fill-from-base.ts';
import { alignPrograms } from './refmix/make/align.ts';
import { encodeSegments } from './refmix/make/encode-segments.ts';
import { segmentEnds } from './refmix/make/segment-ends.ts';
import { refusePatch } from './refmix/refuse.ts';

export const refmix: PatchAlgorithm<'REFMIX'> = {
  id: 'REFMIX',
  limits: {
    baseBytes: containerLimits.baseBytes,
    targetBytes: containerLimits.targetBytes,
    // Map, pieces and stretches: 16, 20 and 4 MiB. Two segments at work, each with a model, or what unpacks it, and its
    // window of the target: 42 MiB each. What waits of the second one: 81 MiB. The rest: what passes through, and garbage.
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
  const work = new Uint8Array(new SharedArrayBuffer(target.length));
  fillFromBase({ base, stretches }, work, 0, 0, target.length);
  const truth = new Uint8Array(new SharedArrayBuffer(target.length));
  truth.set(target);
  const ends = segmentEnds(work, truth);
  const tasks = ends.map((to, index) => {
    const from = ends[index - 1] ?? 0;
    return { work, truth, from, to, pieces, map, regions: layout.regions };
  });
  const segments: Segment[] = [];
  for await (const segment of encodeSegments(tasks, given)) segments.push(segment);
  return writeContainer({ baseBytes: base.length, targetBytes: target.length, layout, stretches, segments });
}

async function* apply(base: Uint8Array, patch: Uint8Array, given: ApplyGiven): AsyncGenerator<Uint8Array> {
  const { targetBytes } = given;
  if (targetBytes > containerLimits.targetBytes) throw refusePatch('its target is too large');
  const { layout, stretches, segments } = readContainer(patch, base.length, targetBytes);
  const pieces = cutPieces(stretches, layout);
  const map = mapAddresses(pieces, layout);
  const target = { base, stretches, pieces, map, regions: layout.regions };
  const placed = segments.map((segment, index) => ({ ...segment, from: segments[index - 1]?.end ?? 0 }));
  yield* readSegments(target, placed, given);
}
