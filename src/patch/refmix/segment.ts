/**
 * One segment of the target, bit by bit, the same way for writer and reader: runs beside the base block by block, what
 * lies between them byte by byte. Most blocks are as the base has them and cost one bit that is nearly certain.
 *
 * It may be done in parts: where one ends, nothing is in hand but the walk, and the next goes on from there.
 */
import { type Pieces, pieceColumns } from './address-map.ts';
import { codeBytes } from './bytes.ts';
import { codeLiterals } from './literals.ts';
import { codeUnchanged, lookAhead } from './blocks.ts';
import { needsMore } from './coder/bit-coder.ts';
import { plainRegion, type Region } from './layout.ts';
import { blockBytes, type Walk } from './walk.ts';

export interface SegmentPlan {
  readonly pieces: Pieces;
  readonly regions: readonly Region[];
  /** Whether what lies between the pieces is in place already. */
  readonly hasLiterals: boolean;
}

/**
 * Positions in the target; `until` is a multiple of `blockBytes` or the segment's end. Returns where it stopped: there,
 * up to three bytes behind, where a word did not end before, or earlier, where the coder needs more bytes.
 */
export function codeSegment(walk: Walk, plan: SegmentPlan, from: number, until: number): number {
  const { pieces, hasLiterals } = plan;
  let at = from;
  for (let row = firstRow(pieces, at); at < until; row += pieceColumns) {
    const start = row < pieces.length ? pieces[row]! : Infinity;
    if (start > at) {
      const end = Math.min(start, until);
      at = hasLiterals ? end : codeLiterals(walk, at - walk.origin, end - walk.origin) + walk.origin;
      if (at < start) return at;
    }
    const end = Math.min(walk.to + walk.origin, start + pieces[row + 1]!);
    walk.address = (pieces[row + 2]! - start + walk.origin) | 0;
    walk.shift = pieces[row + 3]!;
    walk.mapped = pieces[row + 4]!;
    at = codePiece(walk, plan.regions, at, end, until);
    if (at < end) return at;
  }
  return at;
}

/** The first piece that does not end before the position. */
export function firstRow(pieces: Pieces, position: number): number {
  let low = 0;
  let high = pieces.length / pieceColumns;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const row = middle * pieceColumns;
    if (pieces[row]! + pieces[row + 1]! <= position) low = middle + 1;
    else high = middle;
  }
  return low * pieceColumns;
}

function codePiece(walk: Walk, regions: readonly Region[], from: number, to: number, until: number): number {
  const { origin } = walk;
  let start = 0;
  let at = from;
  for (let index = 0; at < to; index += 1) {
    const region = regions[index];
    const end = region === undefined ? to : Math.min(region.end, to);
    if (end > at) {
      const { stride, anchor, anchorShift } = region ?? plainRegion;
      walk.stride = stride;
      walk.anchor = anchor;
      walk.anchorShift = anchorShift;
      walk.phase = (at - start) % stride;
      walk.runEnd = end - origin;
      at = codeRun(walk, at - origin, until - origin) + origin;
      if (at < end) return at;
    }
    start = region?.end ?? start;
  }
  return at;
}

function codeRun(walk: Walk, from: number, until: number): number {
  const { runEnd, coder } = walk;
  let at = from;
  while (at < runEnd && at < until && !needsMore(coder)) {
    const end = Math.min(runEnd, Math.floor(at / blockBytes + 1) * blockBytes);
    const outlook = lookAhead(walk, at, end);
    const next = codeUnchanged(walk, at, end, outlook) ? end : codeBytes(walk, at, end);
    walk.phase = (walk.phase + next - at) % walk.stride;
    at = next;
  }
  return at;
}
