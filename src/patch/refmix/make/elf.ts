/** Executables and libraries of ELF: 64 bits, least byte first (System V gABI; the tables of GNU). */
import { layoutLimits, type Span } from '../layout.ts';
import type { Image, Machine, Part, PartForm, Tail } from './image.ts';

/** Headers beyond these are not looked at. */
const mostSections = 4096;
const page = 4096;
const machines: Readonly<Record<number, Machine>> = { 62: 'x86-64', 183: 'arm64' };

export function readElf(file: Uint8Array): Image | undefined {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (file.length < 64 || view.getUint32(0) !== 0x7f_45_4c_46 || file[4] !== 2 || file[5] !== 1) return undefined;
  const { spans, tails } = readSegments(view);
  if (spans.length === 0) return undefined;
  const parts = readSections(view, file, spans);
  const anchor = parts.find(({ name }) => name === '.text')?.address ?? spans[0]!.address;
  const machine = machines[view.getUint16(18, true)] ?? 'other';
  return { machine, spans, tails, parts, anchor, above: { low: 0, high: 0 } };
}

function readSegments(view: DataView): { readonly spans: Span[]; readonly tails: Tail[] } {
  const spans: Span[] = [];
  const tails: Tail[] = [];
  const rows = tableRows(view, numberAt(view, 32), view.getUint16(54, true), view.getUint16(56, true), 56);
  for (const row of rows) {
    if (view.getUint32(row, true) !== 1 || spans.length === layoutLimits.entries / 2) continue;
    const [offset, address, size, memorySize] = [8, 16, 32, 40].map((at) => numberAt(view, row + at));
    if (!isWithin(view, offset!, size!) || address! + memorySize! > 2 ** 31) continue;
    if (size! > 0) spans.push({ offset: offset!, address: address!, size: size! });
    if (memorySize! > size!) tails.push({ address: address! + size!, size: memorySize! - size! });
  }
  return { spans, tails };
}

interface Section extends Span {
  readonly nameAt: number;
  readonly type: number;
  readonly flags: number;
  readonly link: number;
}

const types = { symbols: 2, strings: 3, relocations: 4, noBits: 8, dynamicSymbols: 11 } as const;
const flag = { writes: 1, loads: 2, runs: 4 } as const;

/** Adds addresses for string tables that are not loaded to `spans`. */
function readSections(view: DataView, file: Uint8Array, spans: Span[]): Part[] {
  const rows = tableRows(view, numberAt(view, 40), view.getUint16(58, true), view.getUint16(60, true), 64);
  const sections = rows.slice(0, mostSections).map((row) => readSection(view, row));
  const names = sections[view.getUint16(62, true)];
  let free = Math.max(...spans.map(({ address, size }) => address + size)) + 2 ** 26;
  const stringsAt = new Map<number, number>();
  for (const { type, link } of sections) {
    const strings = sections[link];
    if (type !== types.symbols && type !== types.dynamicSymbols) continue;
    if (strings?.type !== types.strings || stringsAt.has(link) || !isWithin(view, strings.offset, strings.size))
      continue;
    const isLoaded = (strings.flags & flag.loads) !== 0;
    const address = isLoaded ? strings.address : Math.ceil(free / page) * page;
    if (!isLoaded && spans.length < layoutLimits.entries) {
      spans.push({ offset: strings.offset, address, size: strings.size });
      free = address + strings.size + page;
    }
    stringsAt.set(link, address);
  }
  return sections.flatMap((section) => {
    const { offset, address, size, type, link } = section;
    if (type === types.noBits || type === 0 || size === 0 || !isWithin(view, offset, size)) return [];
    const name = nameOf(file, names, section.nameAt);
    const strings = stringsAt.get(link);
    const part = { name, offset, address, size, form: formOf(section, name) };
    return [strings === undefined ? part : { ...part, stringsAddress: strings }];
  });
}

function formOf({ type, flags }: Section, name: string): PartForm {
  if (type === types.symbols || type === types.dynamicSymbols) return 'symbols';
  if (type === types.relocations) return 'relocations';
  if (name === '.eh_frame_hdr') return 'unwindIndex';
  if (name === '.eh_frame') return 'unwind';
  if ((flags & flag.loads) === 0) return name.startsWith('.debug') ? 'loose' : 'data';
  if ((flags & flag.runs) !== 0) return 'code';
  return (flags & flag.writes) !== 0 ? 'pointers' : 'data';
}

function readSection(view: DataView, row: number): Section {
  return {
    nameAt: view.getUint32(row, true),
    type: view.getUint32(row + 4, true),
    flags: view.getUint32(row + 8, true),
    address: numberAt(view, row + 16),
    offset: numberAt(view, row + 24),
    size: numberAt(view, row + 32),
    link: view.getUint32(row + 40, true),
  };
}

function nameOf(file: Uint8Array, names: Section | undefined, nameAt: number): string {
  const from = (names?.offset ?? file.length) + nameAt;
  const end = file.indexOf(0, from);
  return end < 0 || end - from > 64 ? '' : String.fromCharCode(...file.subarray(from, end));
}

/** Where the rows of a table begin, those that are in the file. */
function tableRows(view: DataView, at: number, size: number, count: number, least: number): number[] {
  if (size < least || !isWithin(view, at, size * count)) return [];
  return Array.from({ length: count }, (_, row) => at + row * size);
}

function isWithin(view: DataView, offset: number, size: number): boolean {
  return offset + size <= view.byteLength;
}

/** 64 bits; what does not fit exactly is beyond every limit anyway. */
function numberAt(view: DataView, at: number): number {
  return Number(view.getBigUint64(at, true));
}
