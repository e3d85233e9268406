import type { Series } from '../../model/metrics.ts';

/**
 * The readings of one series in the order of their instants, each once. An instant given twice with two values says
 * nothing: null. What arrives after later readings were already taken is left out.
 */
export interface Line {
  readonly at: number[];
  readonly value: (number | null)[];
  /** Index of the first reading that was not taken yet. */
  next: number;
}

export function emptyLine(): Line {
  return { at: [], value: [], next: 0 };
}

export function addPoints(line: Line, points: Series['points']): void {
  for (const [at, value] of points) insert(line, at, value !== null && Number.isFinite(value) ? value : null);
}

function insert(line: Line, at: number, value: number | null): void {
  const count = line.at.length;
  if (count === 0 || at > line.at[count - 1]!) {
    line.at.push(at);
    line.value.push(value);
    return;
  }
  const index = firstNotBefore(line.at, at);
  if (index < line.next) return;
  if (line.at[index] !== at) {
    line.at.splice(index, 0, at);
    line.value.splice(index, 0, value);
  } else if (line.value[index] !== value) line.value[index] = null;
}

function firstNotBefore(sorted: readonly number[], at: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! < at) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The newest reading not after `atMs`, as its index; -1: none. */
export function takeUntil(line: Line, atMs: number): number {
  while (line.next < line.at.length && line.at[line.next]! <= atMs) line.next += 1;
  return line.next - 1;
}
