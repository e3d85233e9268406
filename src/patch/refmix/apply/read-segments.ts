/**
 * The target in order, of segments that are made beside each other where there is a compute, and one after another where
 * there is none. Two at most are open, each with its model; the second one's windows wait for the first.
 */
import { ThemisError } from '../../../kernel/error.ts';
import type { ApplyGiven } from '../../algorithm.ts';
import { decodePart, type DecodedPart, type DecodeTask } from './decode-part.ts';
import { emptyWindow, keepWindow, type KeptWindow } from './kept-window.ts';
import { WaitingWindows } from './waiting-windows.ts';
import { type PlacedSegment, type Target, windowBytes } from './window.ts';
import { windowsOf } from './windows.ts';

/** Segments at work: the memory that is stated is for so many. */
const mostAtOnce = 2;

type Given = Pick<ApplyGiven, 'compute' | 'signal'>;

/** Chunks that are used again. */
export async function* readSegments(
  target: Target,
  segments: readonly PlacedSegment[],
  { compute, signal }: Given,
): AsyncGenerator<Uint8Array> {
  const stop = new AbortController();
  const ends = AbortSignal.any([stop.signal, ...(signal === undefined ? [] : [signal])]);
  const decode = async (task: DecodeTask, moves: readonly ArrayBuffer[]): Promise<DecodedPart> =>
    compute === undefined
      ? decodePart(task, { transfer: () => {} })
      : await compute.run('refmix-decode', task, { signal: ends, transfer: moves });
  const room = new Uint8Array(windowBytes);
  const chunk = new Uint8Array(windowBytes);
  const kept = async function* (segment: PlacedSegment): AsyncGenerator<KeptWindow> {
    for await (const window of windowsOf(target, segment, decode)) {
      if (ends.aborted) throw new ThemisError('CANCELLED', 'The patch was not needed any more.');
      yield keepWindow(target, window, room);
    }
  };
  const open: WaitingWindows[] = [];
  const waiting = segments.values();
  try {
    for (const _ of segments) {
      while (open.length < (compute === undefined ? 1 : mostAtOnce)) {
        const { value } = waiting.next();
        if (value === undefined) break;
        open.push(new WaitingWindows(kept(value)));
      }
      for await (const window of open[0]!.take()) yield emptyWindow(target, window, chunk);
      open.shift();
    }
  } finally {
    stop.abort();
    await Promise.all(open.map(async (windows) => await windows.close()));
  }
}
