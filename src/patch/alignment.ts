/**
 * How a target is made of a base, in the manner of bsdiff (Percival 2003): stretches that lie beside a stretch of the
 * base, nearly equal to it, and bytes between them that the base does not hold. In a program that was linked anew the
 * differences of such a stretch are the addresses that moved: few, and alike.
 *
 * The stretches follow each other in the target without gap: first `length` bytes beside the base, then `extra` bytes.
 * Always inside both files; the base is read in any order and any number of times. Equal inputs give equal alignments.
 */
import { indexBase, longestMatch, type MatchIndex } from './longest-match.ts';

export interface Alignment {
  /** How many entries the arrays hold; they are exactly as long. */
  readonly entries: number;
  /** Where the stretch begins in the base, and in the target. */
  readonly basePosition: Int32Array;
  readonly targetPosition: Int32Array;
  /** Bytes beside the base. 0 only in a first entry. */
  readonly length: Int32Array;
  /** Bytes after them that are taken as they are. */
  readonly extra: Int32Array;
}

/** Files of at most 2^30 bytes. Needs five bytes per byte of the base, beside both files. */
export function align(base: Uint8Array, target: Uint8Array): Alignment {
  return alignTo(indexBase(base), target);
}

/** The target's bytes minus those of the base beside them, one stretch after another. */
export function diffOf(base: Uint8Array, target: Uint8Array, alignment: Alignment): Uint8Array {
  const diff = new Uint8Array(sumOf(alignment.length));
  let filled = 0;
  for (let entry = 0; entry < alignment.entries; entry += 1) {
    const from = alignment.basePosition[entry]!;
    const to = alignment.targetPosition[entry]!;
    const length = alignment.length[entry]!;
    for (let at = 0; at < length; at += 1) diff[filled + at] = target[to + at]! - base[from + at]!;
    filled += length;
  }
  return diff;
}

/** The target's bytes that lie beside nothing. */
export function extraOf(target: Uint8Array, alignment: Alignment): Uint8Array {
  const bytes = new Uint8Array(sumOf(alignment.extra));
  let filled = 0;
  for (let entry = 0; entry < alignment.entries; entry += 1) {
    const from = alignment.targetPosition[entry]! + alignment.length[entry]!;
    bytes.set(target.subarray(from, from + alignment.extra[entry]!), filled);
    filled += alignment.extra[entry]!;
  }
  return bytes;
}

function sumOf(values: Int32Array): number {
  return values.reduce((sum, value) => sum + value, 0);
}

/** From this many equal bytes on, the alignment at hand goes on without a search for a longer one. */
const longRun = 32;
/** A longer match must save more than this many bytes against the alignment at hand: an entry has its price. */
const switchGain = 8;

function alignTo(index: MatchIndex, target: Uint8Array): Alignment {
  const { base } = index;
  const stretches = startStretches(base, target);
  /** Before `counted`, from `scan` on, this many bytes of the target are equal to those of the alignment at hand. */
  let equal = 0;
  let counted = 0;
  let scan = 0;
  let offset = 0;
  while (scan < target.length) {
    const run = runLength(base, scan + offset, target, scan, longRun);
    if (run >= longRun) {
      scan += runLength(base, scan + offset, target, scan, target.length);
      equal = counted > scan ? countEqual(base, target, offset, scan, counted) : 0;
      counted = Math.max(counted, scan);
      continue;
    }
    const length = longestMatch(index, target, scan);
    if (scan + length > counted) {
      equal += countEqual(base, target, offset, counted, scan + length);
      counted = scan + length;
    }
    if (length > equal + switchGain) {
      stretches.begin(scan, index.found);
      offset = index.found - scan;
      scan += length;
    } else if (length > 0 && length === equal) scan += length;
    else {
      if (counted > scan && runLength(base, scan + offset, target, scan, 1) === 1) equal -= 1;
      scan += 1;
      counted = Math.max(counted, scan);
      continue;
    }
    equal = 0;
    counted = scan;
  }
  return stretches.finish();
}

/** How many bytes are equal from there on, at most `most`; 0 outside the base. */
function runLength(base: Uint8Array, from: number, target: Uint8Array, at: number, most: number): number {
  if (from < 0 || from >= base.length) return 0;
  const end = Math.min(most, base.length - from, target.length - at);
  let length = 0;
  while (length < end && base[from + length] === target[at + length]) length += 1;
  return length;
}

/** Equal bytes of the target from `from` to before `to`, `offset` further in the base. */
function countEqual(base: Uint8Array, target: Uint8Array, offset: number, from: number, to: number): number {
  const end = Math.min(to, base.length - offset);
  let equal = 0;
  for (let at = Math.max(from, -offset); at < end; at += 1) if (base[at + offset] === target[at]) equal += 1;
  return equal;
}

interface Stretches {
  /** From here on the target goes with the base at `found`; what lies between is shared out among both stretches. */
  begin(scan: number, found: number): void;
  finish(): Alignment;
}

function startStretches(base: Uint8Array, target: Uint8Array): Stretches {
  const written = startEntries();
  let targetPosition = 0;
  let basePosition = 0;
  return {
    begin(scan, found) {
      let forward = growForward(base, basePosition, target, targetPosition, scan);
      let backward = growBackward(base, found, target, scan, targetPosition);
      const overlap = targetPosition + forward - (scan - backward);
      if (overlap > 0) {
        const kept = splitOverlap(
          base,
          basePosition + forward,
          target,
          targetPosition + forward,
          found - scan,
          overlap,
        );
        forward += kept - overlap;
        backward -= kept;
      }
      written.add(basePosition, targetPosition, forward, scan - backward - targetPosition - forward);
      targetPosition = scan - backward;
      basePosition = found - backward;
    },
    finish() {
      const forward = growForward(base, basePosition, target, targetPosition, target.length);
      written.add(basePosition, targetPosition, forward, target.length - targetPosition - forward);
      return written.finish();
    },
  };
}

/** As far as more bytes are equal than different. */
function growForward(base: Uint8Array, from: number, target: Uint8Array, at: number, end: number): number {
  const most = Math.min(end - at, base.length - from);
  let score = 0;
  let best = 0;
  let grown = 0;
  for (let length = 0; length < most;) {
    score += base[from + length] === target[at + length] ? 1 : -1;
    length += 1;
    if (score <= best) continue;
    best = score;
    grown = length;
  }
  return grown;
}

function growBackward(base: Uint8Array, from: number, target: Uint8Array, at: number, start: number): number {
  const most = Math.min(at - start, from);
  let score = 0;
  let best = 0;
  let grown = 0;
  for (let length = 1; length <= most; length += 1) {
    score += base[from - length] === target[at - length] ? 1 : -1;
    if (score <= best) continue;
    best = score;
    grown = length;
  }
  return grown;
}

/** How much of the overlap before these ends stays with the earlier stretch; `offset` is that of the later one. */
function splitOverlap(
  base: Uint8Array,
  baseEnd: number,
  target: Uint8Array,
  targetEnd: number,
  offset: number,
  overlap: number,
): number {
  let score = 0;
  let best = 0;
  let kept = 0;
  for (let length = 0; length < overlap; length += 1) {
    const value = target[targetEnd - overlap + length];
    if (value === base[baseEnd - overlap + length]) score += 1;
    if (value === base[targetEnd - overlap + length + offset]) score -= 1;
    if (score <= best) continue;
    best = score;
    kept = length + 1;
  }
  return kept;
}

interface Entries {
  add(basePosition: number, targetPosition: number, length: number, extra: number): void;
  finish(): Alignment;
}

function startEntries(): Entries {
  let columns = Array.from({ length: 4 }, () => new Int32Array(1024));
  let entries = 0;
  return {
    add(basePosition, targetPosition, length, extra) {
      if (length === 0 && entries > 0) {
        columns[3]![entries - 1]! += extra;
        return;
      }
      if (length + extra === 0) return;
      if (entries === columns[0]!.length) columns = columns.map((column) => grown(column));
      columns[0]![entries] = basePosition;
      columns[1]![entries] = targetPosition;
      columns[2]![entries] = length;
      columns[3]![entries] = extra;
      entries += 1;
    },
    finish() {
      const [basePosition, targetPosition, length, extra] = columns.map((column) => column.slice(0, entries));
      return {
        entries,
        basePosition: basePosition!,
        targetPosition: targetPosition!,
        length: length!,
        extra: extra!,
      };
    },
  };
}

function grown(column: Int32Array): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(column.length * 2);
  larger.set(column);
  return larger;
}
