/**
 * The first pass over a patch: every header is read and checked, nothing is decoded. It says how much memory the second
 * pass needs, and which earlier target bytes windows will want, so that neither has to be guessed or grown. Windows are
 * not kept: there may be one for every few bytes of the patch.
 */
import { refuse } from '../refusal.ts';
import { type Dialect, readFileHeader, type Secondary } from '../format/file-header.ts';
import { type Reader, readInteger } from '../format/reader.ts';
import { readWindowHeader, sectionNames, type WindowHeader } from '../format/window-header.ts';
import { createTargetWants, type TargetWants } from './target-wants.ts';

export interface Survey {
  readonly secondary: Secondary;
  /** At the first window. */
  readonly start: number;
  readonly largestWindow: number;
  /** By kind of section: what compressed ones expand to, the largest and all together. */
  readonly expanded: readonly { readonly largest: number; readonly total: number }[];
  readonly wants: TargetWants | undefined;
}

/**
 * Compressed sections may expand to this much of their window and no more: an instruction is made in two bytes, its
 * address in three, and writes at least one. Without it a few bytes could keep a decoder busy for ever.
 */
const mostExpansion = 4;
const smallExpansion = 64;

export function surveyPatch(patch: Uint8Array, dialect: Dialect, baseBytes: number, targetBytes: number): Survey {
  const reader: Reader = { bytes: patch, at: 0, end: patch.length };
  const secondary = readFileHeader(reader, dialect);
  const start = reader.at;
  const expanded = sectionNames.map(() => ({ largest: 0, total: 0 }));
  let largestWindow = 0;
  let position = 0;
  let wants: TargetWants | undefined;
  if (start === reader.end) refuse('TRUNCATED', 'The patch ends before its first window.');
  while (reader.at < reader.end) {
    const window = readWindowHeader(reader);
    checkSegment(window, window.segment === 'target' ? position : baseBytes);
    if (window.segment === 'target') (wants ??= createTargetWants(targetBytes)).add(window);
    if (window.compressed !== 0) addExpanded(expanded, window, secondary);
    if (window.targetLength > targetBytes - position)
      refuse('TARGET_SIZE', `The patch makes more than the ${targetBytes} bytes that its target has.`);
    position += window.targetLength;
    largestWindow = Math.max(largestWindow, window.targetLength);
  }
  if (position !== targetBytes)
    refuse('TARGET_SIZE', `The patch makes ${position} bytes; its target has ${targetBytes}.`);
  return { secondary, start, largestWindow, expanded, wants };
}

function checkSegment({ segment, segmentStart, segmentLength, targetLength }: WindowHeader, available: number): void {
  if (segment !== 'none' && segmentStart + segmentLength > available)
    refuse(
      'SEGMENT_OUT_OF_RANGE',
      segment === 'source'
        ? `A window copies from beyond the end of the base, which has ${available} bytes.`
        : 'A window copies from target bytes that are not made yet.',
    );
  if (segmentLength + targetLength > 2 ** 31 - 1) refuse('TOO_LARGE', 'A window has addresses of more than 31 bits.');
}

function addExpanded(
  expanded: { largest: number; total: number }[],
  { compressed, sections, targetLength }: WindowHeader,
  secondary: Secondary,
): void {
  if (secondary === 'none')
    refuse('INDICATOR_INVALID', 'A window has compressed sections, and the header names no compressor.');
  let sum = 0;
  for (const [kind, section] of sections.entries()) {
    if ((compressed & (1 << kind)) === 0) continue;
    const size = readInteger({ ...section }, 'the size of a compressed section');
    if (size === 0) refuse('SECTION_CORRUPT', 'A compressed section expands to nothing.');
    sum += size;
    const of = expanded[kind]!;
    of.largest = Math.max(of.largest, size);
    of.total += size;
  }
  if (sum > mostExpansion * targetLength + smallExpansion)
    refuse('TOO_LARGE', 'The sections of a window expand to far more than it can use.');
}
