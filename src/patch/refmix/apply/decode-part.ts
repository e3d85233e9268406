/**
 * A part of a segment made true, in a window of the target: what is beside the base already lies in it, and what lies
 * beside nothing is zero, or there already when it was packed. Model and window come with the task and go back with what
 * it gives, so the parts of a segment may be done by any thread, one after the other.
 */
import type { TaskContext } from '../../../ports/compute.ts';
import type { AddressMap, Pieces } from '../address-map.ts';
import { goOnReading, startReading } from '../coder/bit-coder.ts';
import type { Region } from '../layout.ts';
import { modelIn, startModel } from '../model.ts';
import { codeSegment } from '../segment.ts';
import { type History, historyOf, noHistory, startWalk } from '../walk.ts';

export interface DecodeTask {
  /** Moves. Of `modelBytes`. */
  readonly model: ArrayBuffer;
  readonly mixesLiterals: boolean;
  /** Moves. Its first byte is the one at `origin`, a multiple of `blockBytes`. */
  readonly window: ArrayBuffer;
  readonly origin: number;
  /** The segment: nothing before or behind it is read. Positions in the target, like all others. */
  readonly from: number;
  readonly to: number;
  /** The part: from here to there, a multiple of `blockBytes` or the end of the segment. */
  readonly at: number;
  readonly until: number;
  /** Of the part before; undefined for the first of the segment. */
  readonly history: History | undefined;
  /** What follows the code that the parts before read, as much as is at hand. */
  readonly code: Uint8Array;
  readonly isLastCode: boolean;
  readonly pieces: Pieces;
  readonly map: AddressMap;
  readonly regions: readonly Region[];
}

export interface DecodedPart {
  readonly model: ArrayBuffer;
  readonly window: ArrayBuffer;
  /** As `codeSegment` says. */
  readonly at: number;
  readonly history: History;
  /** Bytes of code that were read. */
  readonly read: number;
}

/** A block takes at most 12 bits a byte, three of them behind its end, and a bit at most four bytes of code. */
const mostBlockCode = 2 ** 13;

export function decodePart(task: DecodeTask, { transfer }: TaskContext): DecodedPart {
  const { model, mixesLiterals, window, origin, from, to, at, until, code, isLastCode } = task;
  const isFirst = task.history === undefined;
  const learnt = isFirst ? startModel(model, mixesLiterals) : modelIn(model, mixesLiterals);
  const enough = isLastCode ? Infinity : code.length - mostBlockCode;
  const coder = (isFirst ? startReading : goOnReading)(code, enough, learnt.interval);
  const work = new Uint8Array(window);
  const place = { work, origin, truth: undefined, from: from - origin, to: to - origin, map: task.map };
  const walk = startWalk({ coder, ...place }, learnt, task.history ?? noHistory);
  const { pieces, regions } = task;
  const end = codeSegment(walk, { pieces, regions, hasLiterals: !mixesLiterals }, at, until);
  transfer(model);
  transfer(window);
  return { model, window, at: end, history: historyOf(walk), read: coder.position };
}
