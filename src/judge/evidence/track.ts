/**
 * Readings of one node to cells: what was counted or measured in each piece of time of `blockMs`, counted from the
 * start of the stage's evidence. Nothing is made up. What lies between two readings belongs to the piece in which the
 * later one lies, and is left out altogether when
 *   - a counter fell: what was counted before and after the restart cannot be told apart from a series that vanished
 *     (the first increment after a reset is dropped, never guessed);
 *   - the readings lie more than `staleMs` apart, since a reset may hide between them;
 *   - it straddles the node's step or the start of the evidence.
 * Readings up to the node's own step are its history; from then until the stage's start they are neither.
 */
import type { Series } from '../../model/metrics.ts';
import type { JudgeParameters, Subject } from '../../model/verdict.ts';
import { countsRequests, type Measure } from '../signals-of.ts';
import { addBuckets, bucketIncrements, sameBounds, totalOf, type Buckets } from './buckets.ts';
import { addPoints, emptyLine, takeUntil, type Line } from './line.ts';

export interface Cell {
  /** Time between readings that ended in the cell. */
  ms: number;
  /** The value of the cell is sum / weight: failed / requests, increase / seconds, sum / number of readings. */
  sum: number;
  weight: number;
  readings: number;
  /** Of a histogram; its `weight` is the number of requests. */
  buckets: Buckets | null;
}

export interface Track {
  readonly subject: Subject;
  readonly frame: Frame;
  /** By signal. */
  readonly lines: Map<string, Line>;
  /** Of a histogram, by ascending bound. */
  readonly bucketLines: { readonly bound: number; readonly line: Line }[];
  /** By index from 0: the stage. */
  readonly evidence: Map<number, Cell>;
  /** By negative index: before the node's own step. */
  readonly history: Map<number, Cell>;
  previous: Reading | null;
  /** Instant of the newest reading that had a value. */
  lastAtMs: number | null;
  /** A reading of the part was seen since the last reset: if it goes missing now, it is unknown, not zero. */
  partSeen: boolean;
  /** Whether `part` was ever read. */
  partExists: boolean;
}

/** What all tracks of a gate share. */
export interface Frame {
  readonly measure: Measure;
  readonly sinceMs: number;
  readonly parameters: JudgeParameters;
}

interface Reading {
  readonly atMs: number;
  readonly value: number;
  readonly part: Part;
  readonly buckets: Buckets | null;
}

/** `absent`: a counter with a label that nobody has incremented yet does not exist. It counts as zero. */
type Part =
  | { readonly kind: 'known'; readonly value: number }
  | { readonly kind: 'absent' }
  | { readonly kind: 'unknown' };

export function startTrack(subject: Subject, frame: Frame): Track {
  return {
    subject,
    frame,
    lines: new Map(),
    bucketLines: [],
    evidence: new Map(),
    history: new Map(),
    previous: null,
    lastAtMs: null,
    partSeen: false,
    partExists: false,
  };
}

export function addSeries(track: Track, series: Series): void {
  const line = series.le === undefined ? signalLine(track, series.signal) : bucketLine(track, series.le);
  if (line !== undefined) addPoints(line, series.points);
}

function signalLine(track: Track, signal: string): Line {
  let line = track.lines.get(signal);
  if (line === undefined) track.lines.set(signal, (line = emptyLine()));
  return line;
}

/** Undefined: `le` is no number, so nobody knows what is counted there. */
function bucketLine(track: Track, le: string): Line | undefined {
  const bound = le === '+Inf' || le === 'Inf' ? Infinity : Number(le.trim() === '' ? Number.NaN : le);
  if (Number.isNaN(bound)) return undefined;
  const found = track.bucketLines.find((entry) => entry.bound === bound);
  if (found !== undefined) return found.line;
  const line = emptyLine();
  track.bucketLines.push({ bound, line });
  track.bucketLines.sort((a, b) => a.bound - b.bound);
  return line;
}

/** Takes all readings up to `untilMs` that were not taken before. */
export function advance(track: Track, untilMs: number): void {
  const { measure } = track.frame;
  const primary = primaryLine(track);
  if (primary === undefined) return;
  for (; primary.next < primary.at.length && primary.at[primary.next]! <= untilMs; primary.next += 1) {
    const atMs = primary.at[primary.next]!;
    const value = primary.value[primary.next]!;
    if (value === null || (measure.kind !== 'gauge' && value < 0)) continue;
    const buckets = measure.kind === 'quantile' ? bucketsAt(track, atMs, value) : null;
    if (buckets === null && measure.kind === 'quantile') continue;
    take(track, atMs, value, buckets);
  }
}

/** Whose readings say when the node was read. Of a histogram it is +Inf: without it nobody knows how many requests there were. */
function primaryLine({ frame: { measure }, lines, bucketLines }: Track): Line | undefined {
  switch (measure.kind) {
    case 'ratio':
      return lines.get(measure.total);
    case 'rate':
      return lines.get(measure.counter);
    case 'gauge':
      return lines.get(measure.gauge);
    case 'quantile': {
      const last = bucketLines.at(-1);
      return last?.bound === Infinity ? last.line : undefined;
    }
  }
}

/** The buckets read at exactly this instant; null: one of them is not known. */
function bucketsAt(track: Track, atMs: number, total: number): Buckets | null {
  const bounds: number[] = [];
  const counts: number[] = [];
  for (const { bound, line } of track.bucketLines) {
    if (bound === Infinity) break;
    const index = takeUntil(line, atMs);
    if (index < 0 || line.at[index] !== atMs) continue;
    const value = line.value[index]!;
    if (value === null || value < 0) return null;
    bounds.push(bound);
    counts.push(value);
  }
  bounds.push(Infinity);
  counts.push(total);
  const before = track.previous?.buckets?.bounds;
  return { bounds: before !== undefined && sameBounds(before, bounds) ? before : bounds, counts };
}

function take(track: Track, atMs: number, value: number, buckets: Buckets | null): void {
  const { previous } = track;
  const isCounter = track.frame.measure.kind !== 'gauge';
  const reset = isCounter && previous !== null && value < previous.value;
  if (reset) track.partSeen = false;
  const part = track.frame.measure.kind === 'ratio' ? partAt(track, previous?.atMs ?? null, atMs) : noPart;
  const reading: Reading = { atMs, value, part, buckets };
  if (isCounter) {
    if (previous !== null && !reset) addInterval(track, previous, reading);
  } else addGauge(track, previous, reading);
  track.previous = reading;
  track.lastAtMs = atMs;
}

const noPart: Part = { kind: 'absent' };

function partAt(track: Track, afterMs: number | null, atMs: number): Part {
  const { measure, parameters } = track.frame;
  const line = measure.kind === 'ratio' ? track.lines.get(measure.part) : undefined;
  const index = line === undefined ? -1 : takeUntil(line, atMs);
  if (line !== undefined && index >= 0 && line.at[index]! > (afterMs ?? atMs - parameters.staleMs)) {
    track.partSeen = true;
    track.partExists = true;
    const value = line.value[index]!;
    return value === null || value < 0 ? { kind: 'unknown' } : { kind: 'known', value };
  }
  return track.partSeen ? { kind: 'unknown' } : { kind: 'absent' };
}

function addInterval(track: Track, from: Reading, to: Reading): void {
  const ms = to.atMs - from.atMs;
  const cell = cellFor(track, from.atMs, to.atMs);
  if (ms > track.frame.parameters.staleMs || cell === null) return;
  const increase = to.value - from.value;
  switch (track.frame.measure.kind) {
    case 'ratio': {
      const part = partIncrease(from.part, to.part, increase);
      if (part === null) return;
      cell.sum += part;
      cell.weight += increase;
      break;
    }
    case 'rate': {
      const divisor = divisorAt(track, to.atMs);
      if (divisor === null) return;
      cell.sum += increase / divisor;
      cell.weight += ms / 1000;
      break;
    }
    case 'quantile': {
      const buckets = bucketIncrements(from.buckets!, to.buckets!);
      if (buckets === null) return;
      cell.buckets = addBuckets(cell.buckets, buckets);
      cell.weight += totalOf(buckets);
      break;
    }
    case 'gauge':
      return;
  }
  cell.ms += ms;
  cell.readings += 1;
}

/** A part that appears with more than the whole has grown by did not start from zero: unknown. */
function partIncrease(from: Part, to: Part, whole: number): number | null {
  if (from.kind === 'unknown' || to.kind === 'unknown') return null;
  if (to.kind === 'absent') return 0;
  const increase = to.value - (from.kind === 'known' ? from.value : 0);
  if (increase < 0) return null;
  return from.kind === 'absent' && increase > whole ? null : increase;
}

function addGauge(track: Track, previous: Reading | null, reading: Reading): void {
  const divisor = divisorAt(track, reading.atMs);
  const cell = cellFor(track, reading.atMs, reading.atMs);
  if (divisor === null || cell === null) return;
  cell.sum += reading.value / divisor;
  cell.weight += 1;
  cell.readings += 1;
  if (previous === null || cellFor(track, previous.atMs, reading.atMs) === null) return;
  const ms = reading.atMs - previous.atMs;
  if (ms <= track.frame.parameters.staleMs) cell.ms += ms;
}

/** 1 where the measure has no divisor; null where it is not known. */
function divisorAt(track: Track, atMs: number): number | null {
  const { measure, parameters } = track.frame;
  if (countsRequests(measure)) return 1;
  const key = measure.kind === 'rate' || measure.kind === 'gauge' ? measure.divisor : null;
  if (key === null) return 1;
  const line = track.lines.get(key);
  const index = line === undefined ? -1 : takeUntil(line, atMs);
  if (line === undefined || index < 0 || line.at[index]! < atMs - parameters.staleMs) return null;
  const value = line.value[index]!;
  return value === null || value <= 0 ? null : value;
}

/** Where what happened between two instants belongs; null: it is no evidence and no history. */
function cellFor(track: Track, fromMs: number, toMs: number): Cell | null {
  const { sinceMs, parameters } = track.frame;
  const own = Math.min(track.subject.sinceMs, sinceMs);
  const start = Math.max(track.subject.sinceMs, sinceMs);
  const index = Math.ceil((toMs - sinceMs) / parameters.blockMs) - 1;
  if (fromMs >= start && toMs > start) return cellIn(track.evidence, index);
  if (toMs <= own && fromMs >= own - parameters.historyMs) return cellIn(track.history, index);
  return null;
}

function cellIn(cells: Map<number, Cell>, index: number): Cell {
  let cell = cells.get(index);
  if (cell === undefined) cells.set(index, (cell = { ms: 0, sum: 0, weight: 0, readings: 0, buckets: null }));
  return cell;
}
