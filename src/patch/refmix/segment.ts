/**
 * One segment of the target, bit by bit, the same way for writer and reader: runs beside the base block by block, what
 * lies between them byte by byte. Most blocks are as the base has them and cost one bit that is nearly certain.
 */
import { type Pieces, pieceColumns } from './address-map.ts';
import { codeBytes } from './bytes.ts';
import { codeLiterals } from './literals.ts';
import { codeUnchanged, lookAhead } from './blocks.ts';
import { plainRegion, type Region } from './layout.ts';
import { blockBytes, type Walk } from './walk.ts';

export interface SegmentPlan {
  readonly pieces: Pieces;
  readonly regions: readonly Region[];
  /** Whether what lies between the pieces is in place already. */
  readonly hasLiterals: boolean;
}

export function codeSegment(walk: Walk, { pieces, regions, hasLiterals }: SegmentPlan): void {
  let at = walk.from;
  for (let row = firstRow(pieces, at); row < pieces.length && at < walk.to; row += pieceColumns) {
    const start = Math.max(at, pieces[row]!);
    const end = Math.min(walk.to, pieces[row]! + pieces[row + 1]!);
    if (start > at && !hasLiterals) codeLiterals(walk, at, Math.min(start, walk.to));
    if (end > start) {
      walk.address = (pieces[row + 2]! - pieces[row]!) | 0;
      walk.shift = pieces[row + 3]!;
      walk.mapped = pieces[row + 4]!;
      codePiece(walk, regions, start, end);
    }
    at = Math.max(at, end, Math.min(start, walk.to));
  }
  if (at < walk.to && !hasLiterals) codeLiterals(walk, at, walk.to);
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

function codePiece(walk: Walk, regions: readonly Region[], from: number, to: number): void {
  let start = 0;
  for (let index = 0, at = from; at < to; index += 1) {
    const region = regions[index];
    const end = region === undefined ? to : Math.min(region.end, to);
    if (end > at) {
      const { stride, anchor, anchorShift } = region ?? plainRegion;
      walk.stride = stride;
      walk.anchor = anchor;
      walk.anchorShift = anchorShift;
      walk.phase = (at - start) % stride;
      walk.runEnd = end;
      codeRun(walk, at);
      at = end;
    }
    start = region?.end ?? start;
  }
}

function codeRun(walk: Walk, from: number): void {
  const { runEnd } = walk;
  for (let at = from; at < runEnd;) {
    const end = Math.min(runEnd, Math.floor(at / blockBytes + 1) * blockBytes);
    const outlook = lookAhead(walk, at, end);
    const next = codeUnchanged(walk, at, end, outlook) ? end : codeBytes(walk, at, end);
    walk.phase = (walk.phase + next - at) % walk.stride;
    at = next;
  }
}
