/**
 * Earlier target bytes that VCD_TARGET windows copy from. Only those are kept while the target is made, in blocks; what
 * one window wants lies together, because every block it touches is kept.
 */
import type { MemoryAccount } from './memory-account.ts';

const blockBits = 12;
const blockBytes = 1 << blockBits;

interface Segment {
  readonly segmentStart: number;
  readonly segmentLength: number;
}

export interface TargetWants {
  add(segment: Segment): void;
  /** No more is wanted than was added. */
  keep(account: MemoryAccount): KeptTarget;
}

export interface KeptTarget {
  readonly bytes: Uint8Array;
  /** Where a segment that was wanted starts in `bytes`. */
  offsetOf(segmentStart: number): number;
  /** The target from `position` on, as it is made. */
  see(made: Uint8Array, position: number): void;
}

export function createTargetWants(targetBytes: number): TargetWants {
  const blocks = (targetBytes >>> blockBits) + 1;
  // How many segments begin in a block, less those that ended before it.
  const turns = new Int32Array(blocks + 1);
  return {
    add({ segmentStart, segmentLength }) {
      if (segmentLength === 0) return;
      turns[segmentStart >>> blockBits]! += 1;
      turns[((segmentStart + segmentLength - 1) >>> blockBits) + 1]! -= 1;
    },
    keep: (account) => keepBlocks(placeBlocks(turns), account),
  };
}

/** For every block its place among those kept, or -1. */
function placeBlocks(turns: Int32Array): { readonly places: Int32Array; readonly kept: number } {
  let open = 0;
  let kept = 0;
  const places = turns.map((turn) => {
    open += turn;
    if (open === 0) return -1;
    kept += 1;
    return kept - 1;
  });
  return { places, kept };
}

function keepBlocks({ places, kept }: ReturnType<typeof placeBlocks>, account: MemoryAccount): KeptTarget {
  account.take(
    kept * blockBytes + 2 * places.byteLength,
    'earlier target bytes that its windows copy from (VCD_TARGET)',
  );
  const bytes = new Uint8Array(kept * blockBytes);
  return {
    bytes,
    offsetOf: (segmentStart) => places[segmentStart >>> blockBits]! * blockBytes + (segmentStart & (blockBytes - 1)),
    see(made, position) {
      for (let from = 0; from < made.length;) {
        const inBlock = (position + from) & (blockBytes - 1);
        const size = Math.min(blockBytes - inBlock, made.length - from);
        const place = places[(position + from) >>> blockBits]!;
        if (place >= 0) bytes.set(made.subarray(from, from + size), place * blockBytes + inBlock);
        from += size;
      }
    },
  };
}
