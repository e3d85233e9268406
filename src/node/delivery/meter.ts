/**
 * How far a staging is: bytes in their place or on their way, what came from a source and what was here already, how
 * fast it comes and how long it will take. Tells at most a few times a second, and always when all is there.
 */
import type { FileProgress } from '../../model/event.ts';
import type { NodeProgress } from '../../model/message.ts';
import type { Clock } from '../../ports/clock.ts';

export interface Meter {
  /** From a source, whether or not they were of use. */
  fetched(bytes: number): void;
  /** Of a file that was here already, or a part of one. */
  reused(bytes: number): void;
  /** Whole and in its place. */
  placed(bytes: number): void;
  /** `counts`: it is one of those that all of it consists of, not only needed on the way. */
  file(path: string, totalBytes: number, counts: boolean): FileMeter;
  totals(): { readonly fetchedBytes: number; readonly reusedBytes: number };
}

/** Of a file under way: from the first byte on, until it ends. */
export interface FileMeter {
  /** How many of its bytes are there. */
  at(bytes: number): void;
  end(): void;
}

interface Moving {
  readonly path: string;
  readonly totalBytes: number;
  readonly counts: boolean;
  readonly sinceMs: number;
  /** Where it began: what was kept of it did not come in this time. */
  fromBytes: number;
  bytes: number;
}

const tellMs = 200;
/** Rates are of this long. */
const windowMs = 5000;
const filesShown = 8;

export function createMeter(clock: Clock, totalBytes: number, tell: (progress: NodeProgress) => void): Meter {
  const moving = new Set<Moving>();
  const window: { readonly atMs: number; readonly fetchedBytes: number }[] = [];
  let placedBytes = 0;
  let fetchedBytes = 0;
  let reusedBytes = 0;
  let toldMs = -Infinity;

  const rateAt = (nowMs: number): number => {
    while (window.length > 1 && window[0]!.atMs < nowMs - windowMs) window.shift();
    const [first] = window;
    return first === undefined ? 0 : rateOf(fetchedBytes - first.fetchedBytes, nowMs - first.atMs);
  };
  const report = (isLast: boolean): void => {
    const nowMs = clock.steadyMs();
    if (!isLast && nowMs - toldMs < tellMs) return;
    toldMs = nowMs;
    const movingBytes = [...moving].reduce((sum, { counts, bytes }) => sum + (counts ? bytes : 0), 0);
    const doneBytes = Math.min(totalBytes, placedBytes + movingBytes);
    const bytesPerSecond = rateAt(nowMs);
    window.push({ atMs: nowMs, fetchedBytes });
    tell({
      kind: 'progress',
      phase: 'stage',
      doneBytes,
      totalBytes,
      fetchedBytes,
      reusedBytes,
      bytesPerSecond,
      ...remaining(totalBytes - doneBytes, bytesPerSecond),
      files: [...moving].slice(0, filesShown).map((file) => fileProgress(file, nowMs)),
    });
  };
  return {
    fetched(bytes) {
      fetchedBytes += bytes;
    },
    reused(bytes) {
      reusedBytes += bytes;
    },
    placed(bytes) {
      placedBytes += bytes;
      report(placedBytes === totalBytes);
    },
    file: (path, total, counts) => followed(clock, moving, { path, totalBytes: total, counts }, () => report(false)),
    totals: () => ({ fetchedBytes, reusedBytes }),
  };
}

function followed(
  clock: Clock,
  moving: Set<Moving>,
  given: Pick<Moving, 'path' | 'totalBytes' | 'counts'>,
  report: () => void,
): FileMeter {
  let file: Moving | undefined;
  return {
    at(bytes) {
      file ??= { ...given, sinceMs: clock.steadyMs(), fromBytes: bytes, bytes };
      moving.add(file);
      file.fromBytes = Math.min(file.fromBytes, bytes);
      file.bytes = bytes;
      report();
    },
    end() {
      if (file !== undefined) moving.delete(file);
    },
  };
}

function fileProgress({ path, totalBytes, sinceMs, fromBytes, bytes }: Moving, nowMs: number): FileProgress {
  const bytesPerSecond = rateOf(bytes - fromBytes, nowMs - sinceMs);
  return { path, doneBytes: bytes, totalBytes, bytesPerSecond, ...remaining(totalBytes - bytes, bytesPerSecond) };
}

function rateOf(bytes: number, durationMs: number): number {
  return durationMs <= 0 ? 0 : Math.round((bytes * 1000) / durationMs);
}

function remaining(bytes: number, bytesPerSecond: number): { readonly remainingMs?: number } {
  return bytesPerSecond === 0 ? {} : { remainingMs: Math.round((bytes * 1000) / bytesPerSecond) };
}
