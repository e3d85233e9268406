/**
 * The Burrows-Wheeler transform over rotations, as bzip2 has it: no end of the text is marked. Begun at its least
 * rotation a text is a power of a Lyndon word, which has no border, and so its suffixes are in the order of its
 * rotations; equal rotations, of which only periodic texts have any, end in the same byte and lead on to equal ones.
 */
import { suffixArray } from '../suffix-array.ts';

export interface SortedRotations {
  /** The byte before each rotation, in their order. */
  readonly lastColumn: Uint8Array;
  /** The row of the text itself. */
  readonly origin: number;
}

/** Of at least one byte. */
export function sortRotations(text: Uint8Array): SortedRotations {
  const { length } = text;
  const start = leastRotation(text);
  const turned = new Uint8Array(length);
  turned.set(text.subarray(start));
  turned.set(text.subarray(0, start), length - start);
  const own = start === 0 ? 0 : length - start;
  const lastColumn = new Uint8Array(length);
  let origin = 0;
  const sorted = suffixArray(turned);
  for (let row = 0; row < length; row += 1) {
    const at = sorted[row]!;
    if (at === own) origin = row;
    lastColumn[row] = turned[at === 0 ? length - 1 : at - 1]!;
  }
  return { lastColumn, origin };
}

/** Where it begins: two candidates are compared, and the worse one is left behind with all it was compared over. */
function leastRotation(text: Uint8Array): number {
  const { length } = text;
  let first = 0;
  let second = 1;
  let equal = 0;
  while (first < length && second < length && equal < length) {
    const left = text[(first + equal) % length]!;
    const right = text[(second + equal) % length]!;
    if (left === right) {
      equal += 1;
      continue;
    }
    if (left > right) first += equal + 1;
    else second += equal + 1;
    if (first === second) second += 1;
    equal = 0;
  }
  return Math.min(first, second);
}
