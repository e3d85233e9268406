/**
 * Executables and libraries of Windows: PE32+, 64 bits (Microsoft's PE Format). Addresses are those that the file itself
 * uses most, which count from where it is loaded; absolute ones have that place above them.
 */
import { layoutLimits, type Span } from '../layout.ts';
import type { Image, Machine, Part, PartForm, Tail } from './image.ts';

/** Sections beyond these are not looked at. */
const mostSections = layoutLimits.entries / 2;
const machines: Readonly<Record<number, Machine>> = { 0x86_64: 'x86-64', 0xaa_64: 'arm64' };
const sectionFlags = { code: 0x20, runs: 0x20_00_00_00, writes: 0x80_00_00_00 } as const;
/** Of so many words of 64 bits one is an address where a part holds tables of them. */
const pointersInWords = 32;

export function readPe(file: Uint8Array): Image | undefined {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (file.length < 64 || view.getUint16(0, true) !== 0x5a_4d) return undefined;
  const header = view.getUint32(60, true);
  // Signature, the 20 bytes of the file header, and as much of the optional one as is read here.
  if (header + 24 + 64 > file.length || view.getUint32(header, true) !== 0x45_50) return undefined;
  const optional = header + 24;
  if (view.getUint16(optional, true) !== 0x2_0b) return undefined;
  const above = { low: view.getUint32(optional + 24, true), high: view.getUint32(optional + 28, true) };
  const sections = readSections(view, optional + view.getUint16(header + 20, true), view.getUint16(header + 6, true));
  if (sections.length === 0) return undefined;
  return {
    machine: machines[view.getUint16(header + 4, true)] ?? 'other',
    spans: sections.map(({ offset, address, size }) => ({ offset, address, size })),
    tails: sections.flatMap(tailOf),
    parts: sections.map((section) => partOf(view, section, above)),
    anchor: sections.find(({ name }) => name === '.text')?.address ?? sections[0]!.address,
    above,
  };
}

interface Section extends Span {
  readonly name: string;
  readonly flags: number;
  readonly memorySize: number;
}

function readSections(view: DataView, tableAt: number, count: number): Section[] {
  const sections: Section[] = [];
  for (let row = tableAt; row < tableAt + 40 * Math.min(count, mostSections); row += 40) {
    if (row + 40 > view.byteLength) break;
    const [memorySize, address, fileSize, offset] = [8, 12, 16, 20].map((at) => view.getUint32(row + at, true));
    // The rest of the last page of the file is not loaded.
    const size = Math.min(fileSize!, memorySize!);
    if (size === 0 || offset! + size > view.byteLength || address! + memorySize! > 2 ** 31) continue;
    const name = String.fromCharCode(...new Uint8Array(view.buffer, view.byteOffset + row, 8)).replace(/\0.*$/su, '');
    const flags = view.getUint32(row + 36, true);
    sections.push({ name, offset: offset!, address: address!, size, memorySize: memorySize!, flags });
  }
  return sections;
}

function tailOf({ address, size, memorySize }: Section): Tail[] {
  return memorySize > size ? [{ address: address + size, size: memorySize - size }] : [];
}

function partOf(view: DataView, { name, offset, address, size, flags }: Section, above: Image['above']): Part {
  const part = { name, offset, address, size };
  const form = formOf(name, flags);
  const isOfPointers = form === 'pointers' || (form === 'data' && holdsPointers(view, part, above));
  // Absolute addresses count from so far below that only those of the file are left.
  return isOfPointers ? { ...part, form, anchor: -above.low >>> 0 } : { ...part, form };
}

function formOf(name: string, flags: number): PartForm {
  if (name === '.pdata') return 'functions';
  if ((flags & (sectionFlags.code | sectionFlags.runs)) !== 0) return 'code';
  return (flags & sectionFlags.writes) !== 0 ? 'pointers' : 'data';
}

/** Whether what is read only holds tables of functions, as classes of C++ have them. */
function holdsPointers(view: DataView, { offset, size }: Span, { low, high }: Image['above']): boolean {
  let [found, words] = [0, 0];
  for (let at = Math.ceil(offset / 8) * 8; at + 8 <= offset + size; at += 8) {
    words += 1;
    if (view.getUint32(at + 4, true) === high && view.getUint32(at, true) >= low && high !== 0) found += 1;
  }
  return found * pointersInWords > words;
}
