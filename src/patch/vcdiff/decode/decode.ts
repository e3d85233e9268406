/**
 * Applies a VCDIFF patch (RFC 3284), and one by xdelta3. Two passes: `survey.ts` checks every header and adds up what is
 * needed, so a patch that is cut off, too long or too costly is refused before the first byte is made; then window by
 * window. Work is linear in the patch and in the target, memory is taken once and stays below `applyBytes`.
 */
import { ThemisError } from '../../../kernel/error.ts';
import { openDjw } from '../../djw/djw.ts';
import { openLzma } from '../../lzma/decode/open-lzma.ts';
import { refuse } from '../refusal.ts';
import { adler32 } from '../format/adler32.ts';
import { createAddressCache, emptyCache } from '../format/address-cache.ts';
import { defaultCodeTable } from '../format/code-table.ts';
import type { Dialect } from '../format/file-header.ts';
import type { Reader } from '../format/reader.ts';
import { readWindowHeader, type WindowHeader } from '../format/window-header.ts';
import { type MemoryAccount, openAccount } from './memory-account.ts';
import { runWindow } from './run-window.ts';
import { type Expand, openSections } from './sections.ts';
import { type Survey, surveyPatch } from './survey.ts';
import type { KeptTarget } from './target-wants.ts';

export const applyBytes = 64 * 2 ** 20;
/** For tables, models, and what the language holds beside the buffers. */
const apart = 4 * 2 ** 20;
/** Small windows are handed over together. */
const smallestChunk = 2 ** 20;

export interface DecodeGiven {
  readonly dialect: Dialect;
  readonly targetBytes: number;
  readonly signal?: AbortSignal | undefined;
}

/** The target in order; a chunk is good until the next is asked for. */
// oxlint-disable-next-line typescript/require-await -- the contract of algorithms is asynchronous
export async function* decodeVcdiff(
  base: Uint8Array,
  patch: Uint8Array,
  { dialect, targetBytes, signal }: DecodeGiven,
): AsyncGenerator<Uint8Array> {
  const survey = surveyPatch(patch, dialect, base.length, targetBytes);
  const account = openAccount(applyBytes - apart);
  const target = new Uint8Array(chunkBytes(survey, targetBytes, account));
  const kept = survey.wants?.keep(account);
  const make = windowMaker(base, target, kept, openExpanders(survey, account));
  const reader: Reader = { bytes: patch, at: survey.start, end: patch.length };
  let position = 0;
  let filled = 0;
  while (reader.at < reader.end) {
    if (signal?.aborted === true) throw new ThemisError('CANCELLED', 'Applying a patch was cancelled.');
    const window = readWindowHeader(reader);
    if (window.targetLength > target.length - filled) {
      yield target.subarray(0, filled);
      filled = 0;
    }
    make(window, filled);
    const made = target.subarray(filled, filled + window.targetLength);
    kept?.see(made, position);
    position += window.targetLength;
    filled += window.targetLength;
  }
  if (filled > 0) yield target.subarray(0, filled);
}

function chunkBytes({ largestWindow }: Survey, targetBytes: number, account: MemoryAccount): number {
  const size = Math.max(largestWindow, Math.min(smallestChunk, targetBytes));
  account.take(size, 'a target window');
  return size;
}

function openExpanders({ secondary, expanded }: Survey, account: MemoryAccount): readonly Expand[] {
  if (secondary === 'none') return [];
  return expanded.map((size) => (secondary === 'DJW' ? openDjw(size, account) : openLzma(size, account)));
}

function windowMaker(
  base: Uint8Array,
  target: Uint8Array,
  kept: KeptTarget | undefined,
  expanders: readonly Expand[],
): (window: WindowHeader, windowStart: number) => void {
  const cache = createAddressCache();
  return (window, windowStart) => {
    const { segment, segmentStart, segmentLength, adler } = window;
    const windowEnd = windowStart + window.targetLength;
    const [data, instructions, addresses] = openSections(window, expanders);
    const source = segment === 'target' ? kept!.bytes : base;
    const start = segment === 'target' && segmentLength > 0 ? kept!.offsetOf(segmentStart) : segmentStart;
    emptyCache(cache);
    runWindow(
      {
        source,
        segmentStart: start,
        segmentLength,
        target,
        windowStart,
        windowEnd,
        data,
        instructions,
        addresses,
        cache,
      },
      defaultCodeTable,
    );
    if (adler !== undefined && adler32(target, windowStart, windowEnd) !== adler)
      refuse('CHECKSUM_MISMATCH', 'A window does not have the checksum that the patch states for it.');
  };
}
