/**
 * Where what lay at an address of the base lies in the target: the stretches of the alignment, seen through the layouts
 * of both files. A table of shifts by address, in grains so small that it has at most four million entries; where
 * stretches overlap in a grain the longest says, and what none says goes with what lies before it.
 *
 * The same stretches cut where a span ends are the pieces: bytes of the target beside bytes of the base, both at known
 * addresses or both at none.
 */
import type { Alignment } from '../alignment.ts';
import type { Layout, Span } from './layout.ts';
import { refusePatch } from './refuse.ts';

export interface AddressMap {
  /** Lowest address. */
  readonly low: number;
  /** Addresses from there on that are mapped; 0: none are. */
  readonly reach: number;
  /** Two to this power addresses share an entry. */
  readonly grain: number;
  readonly shifts: Int32Array<SharedArrayBuffer>;
}

/** Rows of `pieceColumns` numbers, in order of the target. */
export type Pieces = Int32Array<SharedArrayBuffer>;
export const pieceColumns = 5;
/** Columns: target position, length, address in the base, shift of the address, and whether there are addresses (1 or 0). */

/** The shift where nothing is known. */
export const unknownShift = -0x80_00_00_00;

const mostEntries = 1 << 22;
/** Stretches and their cuts: what is kept of each takes 20 bytes. */
export const mostPieces = 1 << 20;

export function cutPieces(stretches: Alignment, layout: Layout): Pieces {
  let filled = 0;
  eachPiece(stretches, layout, () => (filled += pieceColumns));
  const pieces = new Int32Array(new SharedArrayBuffer(filled * 4));
  filled = 0;
  eachPiece(stretches, layout, (at, length, address, shift, mapped) => {
    pieces[filled] = at;
    pieces[filled + 1] = length;
    pieces[filled + 2] = address;
    pieces[filled + 3] = shift;
    pieces[filled + 4] = mapped;
    filled += pieceColumns;
  });
  return pieces;
}

type VisitPiece = (at: number, length: number, address: number, shift: number, mapped: number) => void;

function eachPiece(stretches: Alignment, layout: Layout, visit: VisitPiece): void {
  let pieces = 0;
  for (let entry = 0; entry < stretches.entries; entry += 1) {
    const to = stretches.targetPosition[entry]!;
    const end = to + stretches.length[entry]!;
    const ahead = stretches.basePosition[entry]! - to;
    for (let at = to; at < end;) {
      const base = spanAt(layout.base, at + ahead);
      const target = spanAt(layout.target, at);
      const next = Math.min(end, base.end - ahead, target.end);
      const isMapped = base.span !== undefined && target.span !== undefined;
      const address = isMapped ? (at + ahead - base.span.offset + base.span.address) | 0 : 0;
      const shift = isMapped ? (at - target.span.offset + target.span.address - address) | 0 : 0;
      visit(at, next - at, address, shift, isMapped ? 1 : 0);
      at = next;
      pieces += 1;
      if (pieces > mostPieces) throw refusePatch('it has too many stretches');
    }
  }
}

/** The span that holds the offset, if one does, and where that answer ends to hold. */
function spanAt(spans: readonly Span[], offset: number): { readonly span: Span | undefined; readonly end: number } {
  let end = Infinity;
  for (const span of spans) {
    if (offset >= span.offset && offset < span.offset + span.size) return { span, end: span.offset + span.size };
    if (span.offset > offset) end = Math.min(end, span.offset);
  }
  return { span: undefined, end };
}

export function mapAddresses(pieces: Pieces, { base, moves }: Layout): AddressMap {
  const ranges = [...base, ...moves];
  const low = ranges.reduce((least, { address }) => Math.min(least, address), ranges.length === 0 ? 0 : Infinity);
  const end = ranges.reduce((most, { address, size }) => Math.max(most, address + size), low);
  // What reaches further is no program of today, and would be no 32-bit difference.
  const reach = end - low < 0x80_00_00_00 ? end - low : 0;
  let grain = 2;
  while (reach / 2 ** grain > mostEntries) grain += 1;
  const shifts = new Int32Array(new SharedArrayBuffer(((reach >>> grain) + 1) * 4)).fill(unknownShift);
  const map = { low: low | 0, reach, grain, shifts };
  if (reach === 0) return map;
  for (const row of shortestFirst(pieces)) {
    if (pieces[row + 4] === 1) setShift(map, pieces[row + 2]!, pieces[row + 1]!, pieces[row + 3]!);
  }
  for (const { address, size, shift } of moves) setShift(map, address, size, shift);
  let last = unknownShift;
  for (let at = 0; at < shifts.length; at += 1) {
    if (shifts[at] === unknownShift) shifts[at] = last;
    else last = shifts[at]!;
  }
  return map;
}

function shortestFirst(pieces: Pieces): Int32Array {
  const rows = Int32Array.from({ length: pieces.length / pieceColumns }, (_, row) => row * pieceColumns);
  return rows.sort((a, b) => pieces[a + 1]! - pieces[b + 1]! || a - b);
}

/** Grains that lie wholly or in part in the range. */
function setShift({ low, reach, grain, shifts }: AddressMap, address: number, size: number, shift: number): void {
  const from = (address - low) >>> 0;
  if (size === 0 || from >= reach) return;
  shifts.fill(shift, from >>> grain, ((Math.min(from + size, reach) - 1) >>> grain) + 1);
}

/** How far what lies at an address moved. */
export function shiftAt({ low, reach, grain, shifts }: AddressMap, address: number): number {
  const from = (address - low) | 0;
  return from >= 0 && from < reach ? shifts[from >>> grain]! : unknownShift;
}
