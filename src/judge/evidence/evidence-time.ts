/**
 * How much of a stage evidence covers: what its bake is counted in. Time counts for a node between two readings that
 * belong together; the node with the least decides. Where requests are counted, a minute in which the new nodes
 * served none is no evidence.
 */
import { countsRequests } from '../signals-of.ts';
import type { Track } from './track.ts';

const quietMs = 60_000;

/** `controls`: of a gate that compares; the one with the most decides. Empty: nothing is compared. */
export function evidenceTime(canaries: readonly Track[], controls: readonly Track[], untilMs: number): number {
  const [first] = canaries;
  if (first === undefined) return 0;
  const { measure, sinceMs, parameters } = first.frame;
  const busy = countsRequests(measure) ? busyCells(canaries, Math.ceil(quietMs / parameters.blockMs)) : undefined;
  const covered = (track: Track): number => {
    let ms = 0;
    for (const [index, cell] of track.evidence) if (busy === undefined || busy.has(index)) ms += cell.ms;
    return ms;
  };
  const ofCanaries = Math.min(...canaries.map(covered));
  const ofControls = controls.length === 0 ? Infinity : Math.max(...controls.map(covered));
  return Math.max(0, Math.floor(Math.min(ofCanaries, ofControls, untilMs - sinceMs)));
}

/** Cells no further than `reach` after one in which a request was served. */
function busyCells(canaries: readonly Track[], reach: number): ReadonlySet<number> {
  const busy = new Set<number>();
  for (const { evidence } of canaries)
    for (const [index, cell] of evidence)
      if (cell.weight > 0 && cell.ms > 0) for (let next = 0; next < reach; next += 1) busy.add(index + next);
  return busy;
}
