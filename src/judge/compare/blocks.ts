/**
 * Blocks: the cells of a node summed over the time in which one bet is made. Their length is chosen from history
 * alone, before any evidence counts: the shortest at which what is left of a node, once the mean of all is taken
 * off, hardly follows its own last block. A test that takes blocks as they come then is not misled by load and bursts that
 * last for seconds.
 */
import { countsRequests } from '../signals-of.ts';
import { addBuckets } from '../evidence/buckets.ts';
import type { Cell, Frame, Track } from '../evidence/track.ts';

/** Multiples of `blockMs`. */
const lengths = [1, 2, 3, 6, 12, 24] as const;
const withoutHistory = 6;
const hardly = 0.08;
const fewestPairs = 30;

/** Which blocks of a stage have been taken. */
interface Taking {
  readonly frame: Frame;
  /** Cells a block. */
  readonly length: number;
  /** The first that was not taken yet. */
  next: number;
}

/** Takes every block that is over by then, each once. */
export function takeBlocks(taking: Taking, untilMs: number, take: (block: number) => void): void {
  const { sinceMs, parameters } = taking.frame;
  const blockMs = taking.length * parameters.blockMs;
  for (; sinceMs + (taking.next + 1) * blockMs <= untilMs; taking.next += 1) take(taking.next);
}

/** Sum of the cells of one block; null when nothing was read in it. */
export function blockOf(cells: ReadonlyMap<number, Cell>, block: number, length: number): Cell | null {
  let sum: Cell | null = null;
  for (let index = block * length; index < (block + 1) * length; index += 1) {
    const cell = cells.get(index);
    if (cell === undefined || cell.readings === 0) continue;
    if (sum === null) sum = { ...cell };
    else {
      sum.ms += cell.ms;
      sum.sum += cell.sum;
      sum.weight += cell.weight;
      sum.readings += cell.readings;
      if (cell.buckets !== null) sum.buckets = addBuckets(sum.buckets, cell.buckets);
    }
  }
  return sum;
}

/** How many cells a block has. `valueOf`: what is compared, of a cell. */
export function blockLength(tracks: readonly Track[], valueOf: (cell: Cell) => number | null): number {
  const [first] = tracks;
  if (first === undefined || tracks.every((track) => track.history.size === 0)) return withoutHistory;
  const { historyMs, blockMs } = first.frame.parameters;
  const oldest = -Math.ceil(historyMs / blockMs);
  const spaced = Math.max(...tracks.map((track) => spacing(track)));
  const readable = lengths.filter(
    (length) => length * blockMs >= Math.min(2 * spaced, 24 * blockMs) || spaced <= blockMs,
  );
  for (const length of readable) {
    const follows = autocorrelation(tracks, length, Math.floor(oldest / length), valueOf);
    if (follows === null) return Math.max(length, withoutHistory);
    if (follows < hardly) return length;
  }
  return lengths.at(-1)!;
}

/** Mean time between the readings of a node. */
function spacing({ history }: Track): number {
  let ms = 0;
  let readings = 0;
  for (const cell of history.values()) {
    ms += cell.ms;
    readings += cell.readings;
  }
  return readings === 0 ? 0 : ms / readings;
}

/** Of successive blocks of a node, over all nodes; null where there are too few to tell. */
function autocorrelation(
  tracks: readonly Track[],
  length: number,
  oldest: number,
  valueOf: (cell: Cell) => number | null,
): number | null {
  const rows = tracks.map((track) => {
    const row: (number | null)[] = [];
    for (let block = oldest; block < 0; block += 1) {
      const cell = blockOf(track.history, block, length);
      row.push(cell === null ? null : valueOf(cell));
    }
    const mean = meanOf(row);
    const scale = countsRequests(track.frame.measure) || mean === 0 ? 1 : Math.abs(mean);
    return row.map((value) => (value === null ? null : (value - mean) / scale));
  });
  let pairs = 0;
  let products = 0;
  let squares = 0;
  const common = Array.from({ length: -oldest }, (_, index) => meanOf(rows.map((row) => row[index]!)));
  for (const row of rows) {
    let before: number | null = null;
    for (const [index, value] of row.entries()) {
      const rest: number | null = value === null ? null : value - (rows.length > 1 ? common[index]! : 0);
      if (rest !== null) squares += rest * rest;
      if (rest !== null && before !== null) {
        products += rest * before;
        pairs += 1;
      }
      before = rest;
    }
  }
  if (pairs < fewestPairs) return null;
  return squares === 0 ? 0 : products / squares;
}

function meanOf(values: readonly (number | null)[]): number {
  let sum = 0;
  let count = 0;
  for (const value of values) {
    if (value === null) continue;
    sum += value;
    count += 1;
  }
  return count === 0 ? 0 : sum / count;
}
