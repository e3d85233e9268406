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
import type { Place } from './flow/lanes.ts';
import type { Lane } from './lane.ts';

export type TransferItem =
  /** What follows is from here: from where it was, or from 0. */
  | { readonly kind: 'opened'; readonly offset: number; readonly validator: string | null }
  | { readonly kind: 'chunk'; readonly bytes: Uint8Array };

export interface TransferStart {
  readonly offset: number;
  readonly validator: string | null;
}

/**
 * With so much to come the next file is asked for on the same connection: 40 ms at 50 Mbit/s, which covers a round trip.
 * No more than that, since it waits for the end of this one even where another lane is free first.
 */
const endingBytes = 256 * 1024;

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
    let fault: ThemisError;
    let place: Place | undefined;
    try {
      place = await lane.enter();
      yield* connection(run, wanted, origin, signal, state, pace, place);
      if (state.offset === wanted.content.sizeBytes) return;
      // Twice at the same byte, and nothing was cut off: that is all there is.
      if (state.endedAt === state.offset) throw mismatch(wanted);
      state.endedAt = state.offset;
      fault = new ThemisError('IO', `${wanted.title} ended after ${state.offset} bytes.`);
    } catch (error) {
      if (signal.aborted) throw new ThemisError('CANCELLED', `${wanted.title} was cancelled.`, { cause: error });
      // Whatever went wrong after the last byte.
      if (state.offset === wanted.content.sizeBytes && isFault(error)) return;
      if (mindsBeingAsked(error, place)) {
        place.cut();
        lane.leave();
        continue;
      }
      if (!isFault(error)) throw missingOr(error, wanted);
      fault = error;
    }
    if (!isAnswer(fault)) place?.cut();
    faults = pace.cameOn() ? 1 : faults + 1;
    const waitMs = retryDelayMs({ ...backoff, retries: run.settings.retries }, faults, fault, run.random);
    if (waitMs === null || waitMs >= pace.leftMs() || isTooLong(fault)) {
      throw withTime(given(fault, wanted, state, faults), run.clock);
    }
    run.noteWait(origin.source.host, fault, waitMs);
    // Told to one, meant for all of them.
    const reopen = fault.retryAfterMs === undefined ? () => {} : run.lanes.close(origin.source.host);
    lane.leave();
    await pace.pause(waitMs, signal).finally(reopen);
  }
}

/** What a status says is no connection that was cut. */
function isAnswer({ reason }: ThemisError): boolean {
  return reason?.startsWith('HTTP_') === true;
}

/** There are servers and middleboxes that take a second request for a bad one. Alone it is asked once more. */
function mindsBeingAsked(error: unknown, place: Place | undefined): place is Place {
  return place?.isAhead === true && error instanceof ThemisError && /^HTTP_(?:400|501|505)$/u.test(error.reason ?? '');
}

interface Progress {
  offset: number;
  validator: string | null;
  /** A source that starts over again and again comes no further. */
  furthest: number;
  /** Where the source last said that this is the end. */
  endedAt?: number;
  /** It sent too much again and was asked to go on. */
  objected?: boolean;
}

async function* connection(
  run: Run,
  wanted: Wanted,
  { source, path }: SourceOrigin,
  signal: AbortSignal,
  state: Progress,
  pace: Pace,
  place: Place,
): AsyncGenerator<TransferItem> {
  const { title, content } = wanted;
  const resume =
    state.validator !== null && state.offset > 0 ? { offset: state.offset, validator: state.validator } : {};
  const asked = resume.offset ?? 0;
  // One byte more than there should be, so that a longer file is seen and an endless one is not read.
  const limitBytes = content.sizeBytes + 1;
  const opening = source.openFile(path, { limitBytes, signal, turn: place, ...resume });
  await Promise.race([opening, place.begins]);
  const opened = await pace.ofSource(() => opening);
  await checkOpened(run, wanted, opened, state, asked);
  const { offset, validator } = opened;
  // What comes again is of use for nothing, and counts like everything else that comes.
  let repeatedBytes = offset === 0 ? 0 : asked - offset;
  state.offset = offset + repeatedBytes;
  state.validator = validator;
  const watchEnd = (): void => {
    if (content.sizeBytes - state.offset <= endingBytes) place.ending();
  };
  watchEnd();
  yield { kind: 'opened', offset: state.offset, validator };
  for await (const chunk of timed(opened.chunks, pace)) {
    run.meter.fetched(chunk.length);
    if (state.offset - repeatedBytes + chunk.length > content.sizeBytes) throw mismatch(wanted);
    const furthestBefore = state.furthest;
    for (const bytes of quantaOf(chunk, run.bandwidth.quantumBytes)) {
      await run.bandwidth.take(bytes.length, signal);
      if (signal.aborted) throw new ThemisError('CANCELLED', `${title} was cancelled.`);
      const fresh = bytes.subarray(repeatedBytes);
      repeatedBytes -= bytes.length - fresh.length;
      state.offset += fresh.length;
      state.furthest = Math.max(state.furthest, state.offset);
      if (fresh.length > 0) yield { kind: 'chunk', bytes: fresh };
    }
    watchEnd();
    pace.check(chunk.length, state.furthest - furthestBefore);
  }
}

/** Throws where what was opened is not the file, or nothing to go on with. */
async function checkOpened(
  run: Run,
  wanted: Wanted,
  opened: OpenedFile,
  state: Progress,
  asked: number,
): Promise<void> {
  const { title, content } = wanted;
  const refuse = async (error: ThemisError): Promise<never> => {
    await closeUnread(run, opened);
    throw error;
  };
  if (opened.sizeBytes !== null && opened.sizeBytes !== content.sizeBytes) return refuse(mismatch(wanted, otherSize));
  if (opened.offset > asked) {
    return refuse(new ThemisError('IO', `${title} came from byte ${opened.offset}; ${asked} was asked for.`));
  }
  if (isHasty(run, opened, state, asked)) {
    state.objected = true;
    return refuse(new ThemisError('IO', `${title} was sent from byte ${opened.offset}; it is here up to ${asked}.`));
  }
  state.objected = false;
}

/** Its chunks, waited for at the source's expense. */
async function* timed(chunks: AsyncIterable<Uint8Array>, pace: Pace): AsyncGenerator<Uint8Array> {
  const iterator = chunks[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await pace.ofSource(() => iterator.next());
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    await iterator.return?.();
  }
}

/**
 * A source that sends more than a block again although it has the same bytes still is asked once more to go on: behind
 * one name there may be several servers, and what is here is worth more than a connection. One that does so again cannot
 * resume.
 */
function isHasty({ settings }: Run, opened: OpenedFile, state: Progress, asked: number): boolean {
  const mayBeSame = opened.validator === null || opened.validator === state.validator;
  return asked - opened.offset > settings.resumeBlockBytes && mayBeSame && state.objected !== true;
}

/** What nobody begins to read stays open. */
async function closeUnread({ meter }: Run, { chunks }: OpenedFile): Promise<void> {
  const iterator = chunks[Symbol.asyncIterator]();
  const first = await iterator.next().catch(() => undefined);
  if (first?.done === false) meter.fetched(first.value.length);
  await iterator.return?.();
}

/** The reason where a source named another size, and nothing of what it had to send was taken. */
export const otherSize = 'OTHER_SIZE';

export function mismatch({ title, statedBy }: Wanted, reason?: typeof otherSize): ThemisError {
  const text = `${title} at the source is not what ${statedBy} says.`;
  return new ThemisError('FILE_HASH_MISMATCH', text, reason === undefined ? {} : { reason });
}

function missingOr(error: unknown, { title, statedBy }: Wanted): unknown {
  if (!(error instanceof ThemisError) || error.code !== 'NOT_FOUND') return error;
  return new ThemisError('FILE_MISSING', `${title} is listed in ${statedBy} but missing.`, { cause: error });
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
