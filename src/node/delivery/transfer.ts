/**
 * The bytes of one payload from its source, over as many connections as it takes: what is cut off goes on where it
 * ended, a source that starts over is taken at its word. Ends whole, or throws what trying again cannot cure: that the
 * bytes are right is for whoever hashes them. Never more than the signed size is passed on.
 */
import { ThemisError } from '../../kernel/error.ts';
import type { OpenedFile } from '../../ports/release-source.ts';
import { isTooLong, withTime } from './come-back.ts';
import type { Run, SourceOrigin, Wanted } from './delivery.ts';
import { quantaOf } from './flow/bandwidth.ts';
import { createPace, type Pace } from './flow/pace.ts';
import { isFault, retryDelayMs } from './flow/retry.ts';
import type { Lane } from './lane.ts';

export type TransferItem =
  /** What follows is from here: from where it was, or from 0. */
  | { readonly kind: 'opened'; readonly offset: number; readonly validator: string | null }
  | { readonly kind: 'chunk'; readonly bytes: Uint8Array };

export interface TransferStart {
  readonly offset: number;
  readonly validator: string | null;
}

const backoff = { baseMs: 250, longestMs: 30_000 } as const;

/** The lane is entered when this is called; while it waits to try again it is left. */
export async function* transfer(
  run: Run,
  wanted: Wanted,
  origin: SourceOrigin,
  lane: Lane,
  start: TransferStart,
): AsyncGenerator<TransferItem> {
  const { signal } = lane;
  const state: Progress = { ...start, furthest: start.offset };
  const pace = createPace(run.clock, wanted.title, run.settings);
  let faults = 0;
  for (;;) {
    const furthestBefore = state.furthest;
    let fault: ThemisError;
    try {
      await lane.enter();
      yield* connection(run, wanted, origin, signal, state, pace);
      if (state.offset === wanted.content.sizeBytes) return;
      // Twice at the same byte, and nothing was cut off: that is all there is.
      if (state.endedAt === state.offset) throw mismatch(wanted.title);
      state.endedAt = state.offset;
      fault = new ThemisError('IO', `${wanted.title} ended after ${state.offset} bytes.`);
    } catch (error) {
      if (signal.aborted) throw new ThemisError('CANCELLED', `${wanted.title} was cancelled.`, { cause: error });
      // Whatever went wrong after the last byte.
      if (state.offset === wanted.content.sizeBytes && isFault(error)) return;
      if (!isFault(error)) throw missingOr(error, wanted);
      fault = error;
    }
    faults = state.furthest > furthestBefore && !pace.wasSlow() ? 1 : faults + 1;
    const waitMs = retryDelayMs({ ...backoff, retries: run.settings.retries }, faults, fault, run.random);
    if (waitMs === null || waitMs >= pace.leftMs() || isTooLong(fault)) {
      throw withTime(given(fault, wanted, state, faults), run.clock);
    }
    run.noteWait(origin.source.host, fault, waitMs);
    // Told to one, meant for all of them.
    const reopen = fault.retryAfterMs === undefined ? () => {} : run.lanes.close(origin.source.host);
    lane.leave();
    await run.clock.sleep(waitMs, signal).finally(reopen);
  }
}

interface Progress {
  offset: number;
  validator: string | null;
  /** A source that starts over again and again comes no further. */
  furthest: number;
  /** Where the source last said that this is the end. */
  endedAt?: number;
  /** It started over and was asked to go on. */
  objected?: boolean;
}

async function* connection(
  run: Run,
  { title, content }: Wanted,
  { source, path }: SourceOrigin,
  signal: AbortSignal,
  state: Progress,
  pace: Pace,
): AsyncGenerator<TransferItem> {
  const resume =
    state.validator !== null && state.offset > 0 ? { offset: state.offset, validator: state.validator } : {};
  // One byte more than there should be, so that a longer file is seen and an endless one is not read.
  const opened = await source.openFile(path, { limitBytes: content.sizeBytes + 1, signal, ...resume });
  if (opened.sizeBytes !== null && opened.sizeBytes !== content.sizeBytes) {
    await closeUnread(run, opened);
    throw mismatch(title);
  }
  if (opened.offset !== 0 && opened.offset !== resume.offset) {
    await closeUnread(run, opened);
    throw new ThemisError('IO', `${title} came from byte ${opened.offset}; ${resume.offset ?? 0} was asked for.`);
  }
  if (isHasty(run, opened, state, resume.offset ?? 0)) {
    state.objected = true;
    await closeUnread(run, opened);
    throw new ThemisError('IO', `${title} was sent from its beginning; ${resume.offset} bytes of it are here.`);
  }
  state.objected = false;
  state.offset = opened.offset;
  state.validator = opened.validator;
  yield { kind: 'opened', offset: opened.offset, validator: opened.validator };
  pace.restart();
  let askedMs = run.clock.steadyMs();
  for await (const chunk of opened.chunks) {
    const gotMs = run.clock.steadyMs();
    run.meter.fetched(chunk.length);
    if (state.offset + chunk.length > content.sizeBytes) throw mismatch(title);
    for (const bytes of quantaOf(chunk, run.bandwidth.quantumBytes)) {
      await run.bandwidth.take(bytes.length, signal);
      if (signal.aborted) throw new ThemisError('CANCELLED', `${title} was cancelled.`);
      state.offset += bytes.length;
      state.furthest = Math.max(state.furthest, state.offset);
      yield { kind: 'chunk', bytes };
    }
    pace.check(chunk.length, gotMs - askedMs);
    askedMs = run.clock.steadyMs();
  }
}

/**
 * A source that starts over although it has the same bytes still is asked once more to go on: behind one name there may
 * be several servers, and what is here is worth more than a connection. One that does so again cannot resume.
 */
function isHasty({ settings }: Run, opened: OpenedFile, state: Progress, asked: number): boolean {
  const mayBeSame = opened.validator === null || opened.validator === state.validator;
  return opened.offset === 0 && asked > settings.resumeBlockBytes && mayBeSame && state.objected !== true;
}

/** What nobody begins to read stays open. */
async function closeUnread({ meter }: Run, { chunks }: OpenedFile): Promise<void> {
  const iterator = chunks[Symbol.asyncIterator]();
  const first = await iterator.next().catch(() => undefined);
  if (first?.done === false) meter.fetched(first.value.length);
  await iterator.return?.();
}

export function mismatch(title: string): ThemisError {
  return new ThemisError('FILE_HASH_MISMATCH', `${title} at the source is not what the manifest says.`);
}

function missingOr(error: unknown, { title }: Wanted): unknown {
  if (!(error instanceof ThemisError) || error.code !== 'NOT_FOUND') return error;
  return new ThemisError('FILE_MISSING', `${title} is listed in the manifest but missing.`, { cause: error });
}

/** The fault that ended it, with how far it came. */
function given(fault: ThemisError, { title, content }: Wanted, { furthest }: Progress, faults: number): ThemisError {
  const tries = faults === 1 ? 'once' : `${faults} times in a row`;
  return new ThemisError(
    fault.code,
    `${title} failed ${tries}, with ${furthest} of ${content.sizeBytes} bytes there: ${fault.message}`,
    {
      cause: fault,
      ...(fault.retryAfterMs === undefined
        ? { hint: fault.hint ?? 'What has come is kept: stage again and it goes on from there.' }
        : { retryAfterMs: fault.retryAfterMs, ...(fault.hint === undefined ? {} : { hint: fault.hint }) }),
    },
  );
}
