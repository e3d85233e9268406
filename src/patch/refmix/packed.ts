/** A segment's bytes as streams: differences of what lies beside the base, and literals, which lie beside nothing. */
import { type Pieces, pieceColumns } from './address-map.ts';
import { firstRow } from './segment.ts';

/** What of a segment's range lies where. Positions in the target. */
interface Range {
  readonly from: number;
  readonly to: number;
  readonly pieces: Pieces;
}

/** The same with its bytes: `work` begins with the one at `origin`. */
interface Cut extends Range {
  readonly work: Uint8Array;
  readonly origin: number;
}

/** Fills what it is given with the next bytes of a stream. */
type Read = (into: Uint8Array) => Promise<void>;

export interface StreamSizes {
  readonly copied: number;
  readonly literals: number;
}

export function sizesOf(range: Range): StreamSizes {
  let copied = 0;
  for (const [from, to] of copiedIn(range)) copied += to - from;
  return { copied, literals: range.to - range.from - copied };
}

/** Differences first: of the target against what `work` holds. Then the literals. */
export function packSegment(cut: Cut, truth: Uint8Array): { differences: Uint8Array; literals: Uint8Array } {
  const { work, origin } = cut;
  const sizes = sizesOf(cut);
  const differences = new Uint8Array(sizes.copied);
  const literals = new Uint8Array(sizes.literals);
  let filled = 0;
  for (const [from, to] of copiedIn(cut)) {
    for (let at = from; at < to; at += 1) differences[filled + at - from] = truth[at]! - work[at - origin]!;
    filled += to - from;
  }
  filled = 0;
  for (const [from, to] of literalsIn(cut)) {
    literals.set(truth.subarray(from, to), filled);
    filled += to - from;
  }
  return { differences, literals };
}

export function copyLiterals(cut: Cut, truth: Uint8Array): void {
  for (const [from, to] of literalsIn(cut)) cut.work.set(truth.subarray(from, to), from - cut.origin);
}

export async function addDifferences(cut: Cut, read: Read): Promise<void> {
  const { work, origin } = cut;
  for (const [from, to] of copiedIn(cut)) {
    const differences = new Uint8Array(to - from);
    await read(differences);
    for (let at = from; at < to; at += 1) work[at - origin] = work[at - origin]! + differences[at - from]!;
  }
}

export async function placeLiterals(cut: Cut, read: Read): Promise<void> {
  for (const [from, to] of literalsIn(cut)) await read(cut.work.subarray(from - cut.origin, to - cut.origin));
}

function* copiedIn({ from, to, pieces }: Range): Generator<readonly [from: number, to: number]> {
  for (let row = firstRow(pieces, from); row < pieces.length && pieces[row]! < to; row += pieceColumns)
    yield [Math.max(from, pieces[row]!), Math.min(to, pieces[row]! + pieces[row + 1]!)];
}

function* literalsIn(range: Range): Generator<readonly [from: number, to: number]> {
  let at = range.from;
  for (const [from, to] of copiedIn(range)) {
    if (from > at) yield [at, from];
    at = to;
  }
  if (range.to > at) yield [at, range.to];
}
