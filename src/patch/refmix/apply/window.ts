import type { AddressMap, Pieces } from '../address-map.ts';
import type { Segment } from '../container.ts';
import type { BaseBeside } from '../fill-from-base.ts';
import type { Region } from '../layout.ts';

/** A target is made window by window. A multiple of `blockBytes`. */
export const windowBytes = 2 ** 20;

/** What of a target is known before anything is decoded. */
export interface Target extends BaseBeside {
  readonly pieces: Pieces;
  readonly map: AddressMap;
  readonly regions: readonly Region[];
}

export interface PlacedSegment extends Segment {
  readonly from: number;
}

/** What of a segment lies between two multiples of `windowBytes`. */
export interface Window {
  /** Such a multiple. */
  readonly start: number;
  readonly from: number;
  readonly to: number;
  /** From `start` on, `windowBytes` of them; zeros where there is nothing of the segment. */
  readonly bytes: Uint8Array;
}
