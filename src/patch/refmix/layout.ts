/**
 * What a patch says of the two files so that references can be followed: which parts of a file appear at which
 * addresses, what lies at addresses without being in the file, and where the target holds tables. Addresses are the
 * lower 32 bits. The decoder knows no executable format: whoever makes the patch read the headers.
 */
import { refusePatch } from './refuse.ts';

export interface Layout {
  readonly base: readonly Span[];
  readonly target: readonly Span[];
  readonly moves: readonly Move[];
  readonly regions: readonly Region[];
}

/** Bytes of a file that appear at addresses. */
export interface Span {
  readonly offset: number;
  readonly address: number;
  readonly size: number;
}

/** Addresses of the base that are not in the file, and how far they moved. */
export interface Move {
  readonly address: number;
  readonly size: number;
  readonly shift: number;
}

/** Bytes of the target from the end of the region before, or from 0. Behind the last: as `plainRegion`. */
export interface Region {
  readonly end: number;
  /** Bytes from one row to the next. */
  readonly stride: number;
  /** Words may count from this address of the base, which moved that far. */
  readonly anchor: number;
  readonly anchorShift: number;
}

export const plainRegion = { stride: 4, anchor: 0, anchorShift: 0 } as const;

export const layoutLimits = { entries: 64, stride: 32 } as const;

export const noLayout: Layout = { base: [], target: [], moves: [], regions: [] };

/** As numbers from 0 to 2^32 - 1: four counts, then the entries. */
export function layoutToNumbers({ base, target, moves, regions }: Layout): number[] {
  return [
    base.length,
    target.length,
    moves.length,
    regions.length,
    ...[...base, ...target].flatMap(({ offset, address, size }) => [offset, address, size]),
    ...moves.flatMap(({ address, size, shift }) => [address, size, shift]),
    ...regions.flatMap(({ end, stride, anchor, anchorShift }) => [end, stride, anchor, anchorShift]),
  ].map((value) => value >>> 0);
}

export function readLayout(next: () => number): Layout {
  const [bases, targets, moved, tables] = [next(), next(), next(), next()];
  if (Math.max(bases, targets, moved, tables) > layoutLimits.entries) throw refusePatch('its layout is too large');
  const span = (): Span => ({ offset: next(), address: next(), size: next() });
  const base = Array.from({ length: bases }, span);
  const target = Array.from({ length: targets }, span);
  const moves = Array.from({ length: moved }, () => ({ address: next(), size: next(), shift: next() | 0 }));
  let last = 0;
  const regions = Array.from({ length: tables }, () => {
    const region = { end: next(), stride: next(), anchor: next(), anchorShift: next() | 0 };
    if (region.end < last) throw refusePatch('its regions go backwards');
    if (region.stride < 1 || region.stride > layoutLimits.stride) throw refusePatch('a region has no fit stride');
    last = region.end;
    return region;
  });
  return { base, target, moves, regions };
}
