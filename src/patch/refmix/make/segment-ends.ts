/**
 * Where a target is cut so that parts of it can be decoded beside each other. A cut costs bytes, since each part learns
 * anew; so small targets are not cut, and what is cut takes about the same time on each side.
 */
import { blockBytes } from '../walk.ts';

/** Targets from this size on are cut in two. */
const leastCut = 2 ** 24;
/** A block that changed takes about so many times as long as one that did not. */
const changedWeight = 24;

export function segmentEnds(work: Uint8Array, truth: Uint8Array): number[] {
  if (truth.length === 0) return [];
  if (truth.length < leastCut) return [truth.length];
  const all = weigh(work, truth, Infinity);
  return [weigh(work, truth, all.weight / 2).end, truth.length];
}

/** The blocks from the start until they weigh enough. */
function weigh(work: Uint8Array, truth: Uint8Array, enough: number): { readonly weight: number; readonly end: number } {
  let weight = 0;
  let at = 0;
  for (; at < truth.length - blockBytes && weight < enough; at += blockBytes) {
    let changed = 0;
    for (let nth = at; nth < at + blockBytes && changed === 0; nth += 1) if (work[nth] !== truth[nth]) changed = 1;
    weight += changed === 0 ? 1 : changedWeight;
  }
  return { weight, end: Math.max(at, blockBytes) };
}
