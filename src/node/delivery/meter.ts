/**
 * How far a staging is: bytes in their place or on their way, what came from a source and what was here already, how
 * fast it comes and how long it will take. Tells at most a few times a second, after a second of silence all the same,
 * and always when all is there.
 */
import type { FileProgress } from '../../model/event.ts';
import type { NodeProgress } from '../../model/message.ts';
import type { Clock } from '../../ports/clock.ts';

export interface Meter {
  /** From a source, whether or not they were of use. */
  fetched(bytes: number): void;
  /** Of a file that was here already. */
  reused(bytes: number): void;
  /** Whole and in its place. */
  placed(bytes: number): void;
  /** `counts`: it is one of those that all of it consists of, not only needed on the way. */
  file(path: string, totalBytes: number, counts: boolean): FileMeter;
  totals(): { readonly fetchedBytes: number; readonly reusedBytes: number };
  /** Nothing is told any more. */
  end(): void;
}

/** Of a file under way: from the first byte on, until it ends. */
export interface FileMeter {
  /** So many of its bytes were here already: reused, unless it starts over from before them. */
  kept(bytes: number): void;
  /** How many of its bytes are there. */
  at(bytes: number): void;
  end(): void;
}

interface Moving {
  readonly path: string;
  readonly totalBytes: number;
  readonly counts: boolean;
  readonly rate: Rate;
  bytes: number;
}

const tellMs = 200;
const silenceMs = 1000;
/** Rates are of this long. */
const windowMs = 5000;
const filesShown = 8;

export function createMeter(clock: Clock, totalBytes: number, tell: (progress: NodeProgress) => void): Meter {
  const moving = new Set<Moving>();
  const rate = createRate(clock);
  const ended = new AbortController();
  let placedBytes = 0;
  let fetchedBytes = 0;
  let reusedBytes = 0;
  let toldMs = clock.steadyMs() - tellMs;

  const report = (isLast: boolean): void => {
    const nowMs = clock.steadyMs();
    if (!isLast && nowMs - toldMs < tellMs) return;
    toldMs = nowMs;
    const movingBytes = [...moving].reduce((sum, { counts, bytes }) => sum + (counts ? bytes : 0), 0);
    const doneBytes = Math.min(totalBytes, placedBytes + movingBytes);
    const bytesPerSecond = rate.at(nowMs);
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
  const reuse = (bytes: number): void => {
    reusedBytes += bytes;
  };
  const tick = async (): Promise<void> => {
    while (!ended.signal.aborted) {
      const leftMs = toldMs + silenceMs - clock.steadyMs();
      if (leftMs <= 0) report(false);
      await clock.sleep(leftMs <= 0 ? silenceMs : leftMs, ended.signal);
    }
  };
  // Whoever cannot be told ends the delivery by the next report of it.
  tick().catch(() => {});
  return {
    fetched(bytes) {
      fetchedBytes += bytes;
      rate.came(bytes);
    },
    reused: reuse,
    placed(bytes) {
      placedBytes += bytes;
      report(placedBytes === totalBytes);
    },
    file: (path, total, counts) =>
      followed(clock, moving, { path, totalBytes: total, counts }, { reuse, report: () => report(false) }),
    totals: () => ({ fetchedBytes, reusedBytes }),
    end: () => ended.abort(),
  };
}

function followed(
  clock: Clock,
  moving: Set<Moving>,
  given: Pick<Moving, 'path' | 'totalBytes' | 'counts'>,
  { reuse, report }: { readonly reuse: (bytes: number) => void; readonly report: () => void },
): FileMeter {
  let file: Moving | undefined;
  let keptBytes = 0;
  const at = (bytes: number): void => {
    file ??= { ...given, rate: createRate(clock), bytes };
    moving.add(file);
    // Of what starts over everything comes anew.
    if (bytes > file.bytes) file.rate.came(bytes - file.bytes);
    file.bytes = bytes;
    if (bytes < keptBytes) {
      reuse(bytes - keptBytes);
      keptBytes = bytes;
    }
    report();
  };
  return {
    at,
    kept(bytes) {
      reuse(bytes);
      at(bytes);
      keptBytes = bytes;
    },
    end() {
      if (file !== undefined) moving.delete(file);
    },
  };
}

interface Rate {
  came(bytes: number): void;
  /** Bytes per second over the last seconds, as far as they were looked at. */
  at(nowMs: number): number;
}

function createRate(clock: Clock): Rate {
  let bytes = 0;
  const window = [{ atMs: clock.steadyMs(), bytes }];
  return {
    came(more) {
      bytes += more;
    },
    at(nowMs) {
      while (window.length > 1 && window[0]!.atMs < nowMs - windowMs) window.shift();
      const [first] = window;
      window.push({ atMs: nowMs, bytes });
      return rateOf(bytes - first!.bytes, nowMs - first!.atMs);
    },
  };
}

function fileProgress({ path, totalBytes, rate, bytes }: Moving, nowMs: number): FileProgress {
  const bytesPerSecond = rate.at(nowMs);
  return { path, doneBytes: bytes, totalBytes, bytesPerSecond, ...remaining(totalBytes - bytes, bytesPerSecond) };
}

function rateOf(bytes: number, durationMs: number): number {
  return durationMs <= 0 ? 0 : Math.round((bytes * 1000) / durationMs);
}

function remaining(bytes: number, bytesPerSecond: number): { readonly remainingMs?: number } {
  return bytesPerSecond === 0 ? {} : { remainingMs: Math.round((bytes * 1000) / bytesPerSecond) };
}
