/**
 * The alignment as numbers: of each stretch where it lies in the base, how long it is, and how many bytes follow that
 * lie beside nothing. Where it lies is told as the change against one of the last few displacements (target position
 * minus base position), since a program goes back to where it was after a look elsewhere. One function goes both ways.
 */
import type { Alignment } from '../../alignment.ts';
import type { BitCoder } from './bit-coder.ts';
import { codeNumber, codeTree, type NumberModel, startNumbers } from './number-coder.ts';
import { refusePatch } from '../refuse.ts';

const remembered = 8;
const choiceBits = 3;
/** Kinds of numbers, and how many of each there are. */
const kinds = { choice: 0, sign: 4, change: 8, length: 12, extra: 16, all: 20 } as const;

interface StretchModel {
  readonly numbers: NumberModel;
  /** Displacements, the last used first. */
  readonly recent: Int32Array;
  /** How the stretch before was found: 0 near, 1 exactly, 2 far. */
  manner: number;
}

export interface StretchBounds {
  readonly baseBytes: number;
  readonly targetBytes: number;
}

/** Writes the stretches, or reads `entries` of them into the arrays; they cover the target exactly. */
export function codeStretches(coder: BitCoder, stretches: Alignment, { baseBytes, targetBytes }: StretchBounds): void {
  const { entries, basePosition, targetPosition, length, extra } = stretches;
  const model = { numbers: startNumbers(kinds.all), recent: new Int32Array(remembered), manner: 0 };
  let at = 0;
  for (let entry = 0; entry < entries; entry += 1) {
    const displacement = codeDisplacement(coder, model, (at - basePosition[entry]!) | 0);
    const { numbers, manner } = model;
    const bytes = codeNumber(coder, numbers, kinds.length + manner, length[entry]!);
    const more = codeNumber(coder, numbers, kinds.extra + manner, extra[entry]!);
    const from = at - displacement;
    if (bytes + more > targetBytes - at) throw refusePatch('its stretches are longer than the target');
    if (bytes > 0 && (from < 0 || from + bytes > baseBytes)) throw refusePatch('a stretch lies outside the base');
    basePosition[entry] = bytes === 0 ? 0 : from;
    targetPosition[entry] = at;
    length[entry] = bytes;
    extra[entry] = more;
    at += bytes + more;
  }
  if (at !== targetBytes) throw refusePatch('its stretches do not make up the target');
}

function codeDisplacement(coder: BitCoder, model: StretchModel, displacement: number): number {
  const { numbers, recent } = model;
  const choice = codeTree(
    coder,
    numbers,
    (kinds.choice + model.manner) * 1024,
    choiceBits,
    coder.reads ? 0 : nearest(recent, displacement),
  );
  const change = (displacement - recent[choice]!) | 0;
  const kind = Math.min(choice, 3);
  const size = codeNumber(coder, numbers, kinds.change + kind, Math.abs(change) >>> 0);
  const isBack = size > 0 && codeTree(coder, numbers, (kinds.sign + kind) * 1024, 1, change < 0 ? 1 : 0) === 1;
  const coded = (recent[choice]! + (isBack ? -size : size)) | 0;
  model.manner = size === 0 ? 1 : size < 65_536 ? 0 : 2;
  recent.copyWithin(1, 0, size === 0 ? choice : remembered - 1);
  recent[0] = coded;
  return coded;
}

function nearest(recent: Int32Array, displacement: number): number {
  let best = 0;
  let bestSize = 33;
  for (let choice = 0; choice < remembered; choice += 1) {
    const size = 32 - Math.clz32(Math.abs((displacement - recent[choice]!) | 0)) + (choice >>> 1);
    if (size >= bestSize) continue;
    best = choice;
    bestSize = size;
  }
  return best;
}
