/**
 * Carries out the instructions of one window (RFC 3284 sections 3 and 5). Nothing outside the source segment is read,
 * nothing outside the target window is written, and all three sections are used up exactly.
 */
import { refuse } from '../refusal.ts';
import { type AddressCache, remember } from '../format/address-cache.ts';
import { add, type CodeTable, copy, firstNearMode, firstSameMode, noop } from '../format/code-table.ts';
import { type Reader, readByte, readInteger } from '../format/reader.ts';

/** Where a window is made. Addresses count from the start of the segment, and on from its end into the window. */
export interface WindowSpace {
  readonly source: Uint8Array;
  readonly segmentStart: number;
  readonly segmentLength: number;
  readonly target: Uint8Array;
  readonly windowStart: number;
  readonly windowEnd: number;
  readonly data: Reader;
  readonly instructions: Reader;
  readonly addresses: Reader;
  /** Empty. */
  readonly cache: AddressCache;
}

/** Below it a loop is faster than asking for a copy. */
const longCopy = 48;

export function runWindow(space: WindowSpace, table: CodeTable): void {
  const { instructions, windowEnd } = space;
  const { firstType, firstSize, firstMode, secondType, secondSize, secondMode } = table;
  let at = space.windowStart;
  while (instructions.at < instructions.end) {
    const code = instructions.bytes[instructions.at]!;
    instructions.at += 1;
    at = carryOut(space, firstType[code]!, firstSize[code]!, firstMode[code]!, at);
    const second = secondType[code]!;
    if (second !== noop) at = carryOut(space, second, secondSize[code]!, secondMode[code]!, at);
  }
  if (at !== windowEnd) refuse('WINDOW_UNFINISHED', 'The instructions of a window do not fill it.');
  const { data, addresses } = space;
  if (data.at !== data.end || addresses.at !== addresses.end)
    refuse('SECTION_UNUSED', 'A window has more data or addresses than its instructions use.');
}

function carryOut(space: WindowSpace, type: number, shortSize: number, mode: number, at: number): number {
  const size = shortSize === 0 ? readInteger(space.instructions, 'the size of an instruction') : shortSize;
  const end = at + size;
  if (end > space.windowEnd) refuse('WINDOW_OVERRUN', 'An instruction writes beyond the end of its window.');
  if (type === copy) copyInto(space, mode, at, size);
  else if (type === add) addInto(space, at, size);
  else space.target.fill(readByte(space.data, 'the data of a RUN'), at, end);
  return end;
}

function addInto({ data, target }: WindowSpace, at: number, size: number): void {
  const { bytes, at: from } = data;
  if (size > data.end - from) refuse('TRUNCATED', 'The data of an ADD ends early.');
  data.at = from + size;
  if (size > longCopy) target.set(bytes.subarray(from, from + size), at);
  else for (let index = 0; index < size; index += 1) target[at + index] = bytes[from + index]!;
}

function copyInto(space: WindowSpace, mode: number, at: number, size: number): void {
  const { source, segmentLength, target } = space;
  const here = at - space.windowStart + segmentLength;
  const address = readAddress(space.addresses, space.cache, mode, here);
  if (address < segmentLength) {
    if (size > segmentLength - address)
      refuse('ADDRESS_OUT_OF_RANGE', 'A COPY begins in the source and ends beyond it.');
    const from = space.segmentStart + address;
    if (size > longCopy) target.set(source.subarray(from, from + size), at);
    else for (let index = 0; index < size; index += 1) target[at + index] = source[from + index]!;
    return;
  }
  const from = address - segmentLength + space.windowStart;
  // What it writes it may read again: a copy that overlaps itself repeats (section 3).
  if (size > longCopy && at - from >= size) target.copyWithin(at, from, from + size);
  else for (let index = 0; index < size; index += 1) target[at + index] = target[from + index]!;
}

/** RFC 3284 section 5.3. */
function readAddress(addresses: Reader, cache: AddressCache, mode: number, here: number): number {
  let address: number;
  if (mode >= firstSameMode) address = cache.same[(mode - firstSameMode) * 256 + readByte(addresses, 'an address')]!;
  else {
    const value = readInteger(addresses, 'an address');
    if (mode === 0) address = value;
    else if (mode === 1) address = here - value;
    else address = cache.near[mode - firstNearMode]! + value;
  }
  if (address < 0 || address >= here) refuse('ADDRESS_OUT_OF_RANGE', 'A COPY begins where nothing is made yet.');
  remember(cache, address);
  return address;
}
