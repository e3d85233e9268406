/** A segment's bytes as streams: differences of what lies beside the base, and literals, which lie beside nothing. */
import { type Pieces, pieceColumns } from './address-map.ts';
import { firstRow } from './segment.ts';

interface Cut {
  readonly work: Uint8Array;
  readonly from: number;
  readonly to: number;
  readonly pieces: Pieces;
}

export interface StreamSizes {
  readonly copied: number;
  readonly literals: number;
}

type VisitRange = (from: number, to: number) => void;

export function sizesOf(cut: Cut): StreamSizes {
  let copied = 0;
  eachCopied(cut, (from, to) => (copied += to - from));
  return { copied, literals: cut.to - cut.from - copied };
}

/** Differences first: of the target against what `work` holds. Then the literals. */
export function packSegment(cut: Cut, truth: Uint8Array): { differences: Uint8Array; literals: Uint8Array } {
  const sizes = sizesOf(cut);
  const differences = new Uint8Array(sizes.copied);
  const literals = new Uint8Array(sizes.literals);
  let filled = 0;
  eachCopied(cut, (from, to) => {
    for (let at = from; at < to; at += 1) differences[filled + at - from] = truth[at]! - cut.work[at]!;
    filled += to - from;
  });
  filled = 0;
  eachLiteral(cut, (from, to) => {
    literals.set(truth.subarray(from, to), filled);
    filled += to - from;
  });
  return { differences, literals };
}

export function addPacked(cut: Cut, differences: Uint8Array): void {
  let used = 0;
  eachCopied(cut, (from, to) => {
    for (let at = from; at < to; at += 1) cut.work[at] = cut.work[at]! + differences[used + at - from]!;
    used += to - from;
  });
}

export function placeLiterals(cut: Cut, literals: Uint8Array): void {
  let used = 0;
  eachLiteral(cut, (from, to) => {
    cut.work.set(literals.subarray(used, used + to - from), from);
    used += to - from;
  });
}

function eachCopied({ from, to, pieces }: Cut, visit: VisitRange): void {
  for (let row = firstRow(pieces, from); row < pieces.length && pieces[row]! < to; row += pieceColumns) {
    visit(Math.max(from, pieces[row]!), Math.min(to, pieces[row]! + pieces[row + 1]!));
  }
}

function eachLiteral(cut: Cut, visit: VisitRange): void {
  let at = cut.from;
  eachCopied(cut, (from, to) => {
    if (from > at) visit(at, from);
    at = to;
  });
  if (cut.to > at) visit(at, cut.to);
}
