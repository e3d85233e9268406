/**
 * An alignment without the stretches that do not pay: those that say where they lie with more bits than they save. What
 * such a stretch covered goes to its neighbours as far as they fit, and the rest lies beside nothing.
 */
import type { Alignment } from '../../alignment.ts';

/** What things take, in eighths of a bit: a byte that changed, that did not, that lies beside nothing; a stretch. */
const price = { changed: 112, equal: 1, literal: 48, stretch: 140, distance: 8 } as const;
/** Longer ones always pay. */
const longest = 256;
/** No more bytes are shared out for one stretch. */
const widest = 4096;
const passes = 3;

interface Stretch {
  base: number;
  target: number;
  length: number;
}

interface Files {
  readonly base: Uint8Array;
  readonly target: Uint8Array;
}

export function pruneStretches(alignment: Alignment, base: Uint8Array, target: Uint8Array): Alignment {
  let stretches = fromAlignment(alignment);
  for (let pass = 0; pass < passes; pass += 1) stretches = prune(stretches, { base, target });
  return toAlignment(stretches, target.length);
}

function prune(stretches: readonly Stretch[], files: Files): Stretch[] {
  const kept: Stretch[] = [];
  for (const [index, stretch] of stretches.entries()) {
    const before = kept.at(-1);
    const after = stretches[index + 1];
    if (before !== undefined && after !== undefined && replace(files, before, stretch, after)) continue;
    if (before !== undefined && isContinued(before, stretch)) before.length += stretch.length;
    else kept.push(stretch);
  }
  return kept;
}

/** Whether the bytes between the neighbours go to them, because that takes less. */
function replace(files: Files, before: Stretch, stretch: Stretch, after: Stretch): boolean {
  const from = before.target + before.length;
  const size = after.target - from;
  if (stretch.length > longest || size > widest) return false;
  const kept =
    price.literal * (size - stretch.length) +
    copyPrice(files, stretch) +
    movePrice(before, stretch) +
    movePrice(stretch, after);
  const shared = shareOut(files, before, after, size);
  if (shared.price + movePrice(before, after) >= kept) return false;
  before.length += shared.forward;
  after.base -= shared.backward;
  after.target -= shared.backward;
  after.length += shared.backward;
  return true;
}

function isContinued(before: Stretch, after: Stretch): boolean {
  return before.target + before.length === after.target && before.base + before.length === after.base;
}

function copyPrice({ base, target }: Files, stretch: Stretch): number {
  let sum = 0;
  for (let at = 0; at < stretch.length; at += 1) {
    sum += base[stretch.base + at] === target[stretch.target + at] ? price.equal : price.changed;
  }
  return sum;
}

function movePrice(before: Stretch, after: Stretch): number {
  const change = Math.abs(after.target - after.base - before.target + before.base);
  return change === 0 ? 0 : price.stretch + price.distance * (32 - Math.clz32(change));
}

interface Shares {
  readonly price: number;
  readonly forward: number;
  readonly backward: number;
}

/** So many bytes between two stretches: how many go with the first and with the second, at least price. */
function shareOut({ base, target }: Files, before: Stretch, after: Stretch, size: number): Shares {
  const end = before.target + before.length;
  const prices = new Int32Array(size + 1);
  const ends = new Int32Array(size + 1);
  let sum = 0;
  for (let at = 0; at < size; at += 1) {
    const from = before.base + before.length + at;
    sum += (from < base.length && base[from] === target[end + at] ? price.equal : price.changed) - price.literal;
    const isBetter = from < base.length && sum < prices[at]!;
    prices[at + 1] = isBetter ? sum : prices[at]!;
    ends[at + 1] = isBetter ? at + 1 : ends[at]!;
  }
  let best: Shares = { price: prices[size]!, forward: ends[size]!, backward: 0 };
  sum = 0;
  for (let back = 1; back <= size && back <= after.base; back += 1) {
    const isEqual = base[after.base - back] === target[after.target - back];
    sum += (isEqual ? price.equal : price.changed) - price.literal;
    const left = size - back;
    if (sum + prices[left]! < best.price) best = { price: sum + prices[left]!, forward: ends[left]!, backward: back };
  }
  return { ...best, price: best.price + size * price.literal };
}

function fromAlignment({ entries, basePosition, targetPosition, length }: Alignment): Stretch[] {
  const stretches: Stretch[] = [];
  for (let entry = 0; entry < entries; entry += 1) {
    if (length[entry] === 0) continue;
    stretches.push({ base: basePosition[entry]!, target: targetPosition[entry]!, length: length[entry]! });
  }
  return stretches;
}

function toAlignment(stretches: readonly Stretch[], targetBytes: number): Alignment {
  const isCovered = stretches.length === 0 ? targetBytes === 0 : stretches[0]!.target === 0;
  const rows = isCovered ? [...stretches] : [{ base: 0, target: 0, length: 0 }, ...stretches];
  const ends = rows.map((_, row) => rows[row + 1]?.target ?? targetBytes);
  return {
    entries: rows.length,
    basePosition: Int32Array.from(rows, ({ base }) => base),
    targetPosition: Int32Array.from(rows, ({ target }) => target),
    length: Int32Array.from(rows, ({ length }) => length),
    extra: Int32Array.from(rows, ({ target, length }, row) => ends[row]! - target - length),
  };
}
