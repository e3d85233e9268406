/** Steps as the three sections of a window (RFC 3284 sections 5.1 to 5.4), with the fewest opcodes the default table allows. */
import { type AddressCache, remember } from '../format/address-cache.ts';
import { firstNearMode, firstSameMode, nearSlots, sameSlots } from '../format/code-table.ts';
import { type ByteWriter, writeByte, writeBytes, writeInteger } from '../format/byte-writer.ts';
import { digitsOf } from './prices.ts';
import { literal, repeat, type Steps } from './steps.ts';

export interface SectionWriters {
  readonly data: ByteWriter;
  readonly instructions: ByteWriter;
  readonly addresses: ByteWriter;
}

export interface Segment {
  readonly start: number;
  readonly length: number;
}

interface Pen extends SectionWriters {
  readonly cache: AddressCache;
  /** An ADD whose opcode is not written yet, because it may be one with the COPY that follows. */
  waiting: number;
  /** Where the opcode of a COPY stands that may be one with the ADD that follows, or -1; and its mode. */
  openAt: number;
  openMode: number;
}

/** First opcodes of the default code table by kind. */
const opcodes = { run: 0, add: 1, copy: 19, addCopy: 163, addCopySame: 235, copyAdd: 247 } as const;

/** What of the base the copies use: the shorter, the fewer digits have its addresses. */
export function usedSegment({ addresses, sizes, count }: Steps, baseBytes: number): Segment {
  let start = baseBytes;
  let end = 0;
  for (let step = 0; step < count; step += 1) {
    const address = addresses[step]!;
    if (address < 0 || address >= baseBytes) continue;
    start = Math.min(start, address);
    end = Math.max(end, address + sizes[step]!);
  }
  return end === 0 ? { start: 0, length: 0 } : { start, length: end - start };
}

/** `cache` is empty. */
export function writeInstructions(
  steps: Steps,
  segment: Segment,
  window: Uint8Array,
  baseBytes: number,
  cache: AddressCache,
  sections: SectionWriters,
): void {
  const pen: Pen = { ...sections, cache, waiting: 0, openAt: -1, openMode: 0 };
  let at = 0;
  for (let step = 0; step < steps.count; step += 1) {
    const size = steps.sizes[step]!;
    const address = steps.addresses[step]!;
    if (address === literal) {
      writeBytes(pen.data, window.subarray(at, at + size));
      pen.waiting = size;
    } else if (address === repeat) {
      writeRun(pen, window[at]!, size);
    } else {
      const own = address < baseBytes ? address - segment.start : address - baseBytes + segment.length;
      writeCopy(pen, own, segment.length + at, size);
    }
    at += size;
  }
  writeWaitingAdd(pen);
}

function writeRun(pen: Pen, byte: number, size: number): void {
  writeWaitingAdd(pen);
  pen.openAt = -1;
  writeByte(pen.instructions, opcodes.run);
  writeInteger(pen.instructions, size);
  writeByte(pen.data, byte);
}

function writeWaitingAdd(pen: Pen): void {
  const { waiting, openAt, openMode, instructions } = pen;
  if (waiting === 0) return;
  if (waiting === 1 && openAt >= 0) instructions.bytes[openAt] = opcodes.copyAdd + openMode;
  else if (waiting <= 17) writeByte(instructions, opcodes.add + waiting);
  else {
    writeByte(instructions, opcodes.add);
    writeInteger(instructions, waiting);
  }
  pen.waiting = 0;
}

function writeCopy(pen: Pen, address: number, here: number, size: number): void {
  const mode = writeAddress(pen, address, here);
  const { waiting, instructions } = pen;
  const isSame = mode >= firstSameMode;
  const fits = waiting >= 1 && waiting <= 4 && size >= 4 && size <= (isSame ? 4 : 6);
  // One literal between two short copies joins the first of them as well as the second.
  if (fits && (waiting > 1 || pen.openAt < 0)) {
    if (isSame) writeByte(instructions, opcodes.addCopySame + (mode - firstSameMode) * 4 + waiting - 1);
    else writeByte(instructions, opcodes.addCopy + mode * 12 + (waiting - 1) * 3 + size - 4);
    pen.waiting = 0;
    pen.openAt = -1;
    return;
  }
  writeWaitingAdd(pen);
  pen.openAt = size === 4 ? instructions.size : -1;
  pen.openMode = mode;
  if (size >= 4 && size <= 18) writeByte(instructions, opcodes.copy + mode * 16 + size - 3);
  else {
    writeByte(instructions, opcodes.copy + mode * 16);
    writeInteger(instructions, size);
  }
}

/** In the mode of fewest digits; returns it. Near modes go before others of one digit, because more opcodes join them. */
function writeAddress({ cache, addresses }: Pen, address: number, here: number): number {
  let mode = 0;
  let value = address;
  if (digitsOf(here - address) < digitsOf(value)) {
    mode = 1;
    value = here - address;
  }
  for (let slot = 0; slot < nearSlots; slot += 1) {
    const beyond = address - cache.near[slot]!;
    if (beyond < 0 || digitsOf(beyond) >= digitsOf(value)) continue;
    mode = firstNearMode + slot;
    value = beyond;
  }
  const residue = address % (sameSlots * 256);
  const again = digitsOf(value) > 1 && cache.same[residue] === address;
  if (again) {
    mode = firstSameMode + (residue >> 8);
    writeByte(addresses, residue & 0xff);
  } else writeInteger(addresses, value);
  remember(cache, address);
  return mode;
}
