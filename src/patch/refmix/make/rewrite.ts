/**
 * The base with its references as they ought to be in the target: an aligner that compares this with the target sees
 * what really changed. Only what looks like a reference is touched, and what does not lead anywhere known stays.
 */
import { type AddressMap, shiftAt, unknownShift } from '../address-map.ts';
import { isBeforeReference } from '../blocks.ts';
import { anchorOf, type Image, type Part, partNamed } from './image.ts';

const leastAddress = 4096;
const leastJump = 1024;

/** What the rewriting of one part needs. */
interface Work {
  readonly view: DataView;
  readonly from: DataView;
  readonly bytes: Uint8Array;
  readonly map: AddressMap;
  readonly part: Part;
  /** Address minus position in the file. */
  readonly ahead: number;
  readonly anchor: number;
  readonly anchorShift: number;
  readonly above: Image['above'];
  readonly code: readonly Part[];
}

export function rewriteReferences(base: Uint8Array, map: AddressMap, before: Image, after: Image): Uint8Array {
  // `slice` of a Buffer would be the same bytes.
  const rewritten = new Uint8Array(base);
  const view = new DataView(rewritten.buffer);
  const from = new DataView(base.buffer, base.byteOffset, base.byteLength);
  const code = before.parts.filter(({ form }) => form === 'code');
  for (const part of before.parts) {
    const twin = partNamed(after, part.name);
    if (twin === undefined) continue;
    const anchor = anchorOf(before, part);
    const anchorShift = anchorOf(after, twin) - anchor;
    const ahead = part.address - part.offset;
    const { above } = before;
    rewritePart({ view, from, bytes: base, map, part, ahead, anchor, anchorShift, above, code }, before);
  }
  return rewritten;
}

function rewritePart(work: Work, { machine }: Image): void {
  const { form, offset, size } = work.part;
  const end = offset + size;
  switch (form) {
    case 'code':
      if (machine === 'x86-64') rewriteInstructions(work, end);
      return;
    case 'symbols':
      for (let at = offset; at + 24 <= end; at += 24) rewriteSymbol(work, at);
      return;
    case 'relocations':
      for (let at = offset; at + 8 <= end; at += at % 24 === offset % 24 ? 16 : 8) rewritePointer(work, at);
      return;
    case 'unwindIndex':
      for (let at = offset + 12; at + 4 <= end; at += 4) rewriteAnchored(work, at);
      return;
    case 'unwind':
      rewriteUnwind(work, end);
      return;
    case 'functions':
      for (let at = offset; at + 4 <= end; at += 4) rewriteAddress(work, at);
      return;
    case 'pointers':
      for (let at = Math.ceil(offset / 8) * 8; at + 8 <= end; at += 8) rewritePointer(work, at);
      return;
    case 'data':
      rewriteData(work, end);
      return;
    case 'loose':
      for (let at = offset; at + 8 <= end; at += 1) if (rewritePointer(work, at)) at += 7;
      return;
  }
}

/** CALL, JMP, Jcc, and operands relative to the next instruction. */
function rewriteInstructions(work: Work, end: number): void {
  const { bytes, part, ahead } = work;
  for (let at = part.offset + 2; at + 4 <= end; at += 1) {
    if (isBeforeReference(bytes[at - 1]!, bytes[at - 2]!) && rewriteRelative(work, at, at + ahead, 4)) at += 3;
  }
}

/** A word that counts from `distance` behind its own address. Whether it leads somewhere. */
function rewriteRelative({ view, from, map }: Work, at: number, address: number, distance: number): boolean {
  const word = from.getInt32(at, true);
  const moved = shiftAt(map, (address + distance + word) | 0);
  const shift = shiftAt(map, address);
  if (moved === unknownShift || shift === unknownShift) return false;
  view.setInt32(at, word + moved - shift, true);
  return true;
}

function rewriteAnchored({ view, from, map, anchor, anchorShift }: Work, at: number): void {
  const word = from.getInt32(at, true);
  const moved = shiftAt(map, (anchor + word) | 0);
  if (moved !== unknownShift) view.setInt32(at, word + moved - anchorShift, true);
}

/** An absolute address of 64 bits. Whether it leads somewhere. */
function rewritePointer(work: Work, at: number): boolean {
  const { low, high } = work.above;
  return work.from.getUint32(at + 4, true) === high && rewriteAddress(work, at, low);
}

/** An address that has so much above those of the map. Small numbers are more often counts. Whether it leads somewhere. */
function rewriteAddress({ view, from, map }: Work, at: number, above = 0): boolean {
  const word = from.getUint32(at, true);
  const address = (word - above) >>> 0;
  if (address < leastAddress) return false;
  const moved = shiftAt(map, address);
  if (moved === unknownShift) return false;
  view.setUint32(at, word + moved, true);
  return true;
}

const sections = { undefined: 0, absolute: 0xff_f1 } as const;
const threadLocal = 6;

function rewriteSymbol(work: Work, at: number): void {
  const section = work.from.getUint16(at + 6, true);
  rewriteAnchored(work, at);
  if (section === sections.undefined || section === sections.absolute) return;
  if ((work.from.getUint8(at + 4) & 15) !== threadLocal) rewritePointer(work, at + 8);
}

/** Records of a length, where their common part is, and the code they tell of. */
function rewriteUnwind(work: Work, end: number): void {
  const { view, from, map, part, ahead } = work;
  for (let at = part.offset; at + 12 <= end;) {
    const length = from.getUint32(at, true);
    const back = from.getUint32(at + 4, true);
    if (length === 0 || length > end - at - 4) return;
    if (back !== 0) {
      rewriteRelative(work, at + 8, at + 8 + ahead, 0);
      // Counts backwards.
      const moved = shiftAt(map, (at + 4 + ahead - back) | 0);
      const shift = shiftAt(map, at + 4 + ahead);
      if (moved !== unknownShift && shift !== unknownShift) view.setUint32(at + 4, back - moved + shift, true);
    }
    at += 4 + length;
  }
}

/** Pointers, and tables of jumps: words relative to their table, which lies near, and lead to code. */
function rewriteData(work: Work, end: number): void {
  const { from, part, ahead, code } = work;
  for (let at = Math.ceil(part.offset / 4) * 4; at + 4 <= end; at += 4) {
    if (at % 8 === 0 && at + 8 <= end && rewritePointer(work, at)) {
      at += 4;
      continue;
    }
    const word = from.getInt32(at, true);
    const target = at + ahead + word;
    if (Math.abs(word) < leastJump) continue;
    if (code.some(({ address, size }) => target >= address && target < address + size)) {
      rewriteRelative(work, at, at + ahead, 0);
    }
  }
}
