/**
 * A program as a linker makes it, small and for x86-64: functions that call each other and refer to data and to memory
 * that is zero at the start, pointers to functions, an index that counts from its own start, symbols and their names.
 * `grown`: functions got longer, one more than another, one was put in, and whatever refers to what moved says so.
 */
import { noise } from './kinds-of-files.ts';

const functionCount = 400;
export const functionBytes = 160;
const added = { place: 70, seed: 999 } as const;
export const textAt = 0x1000;
const loadedAt = 0x40_0000;

interface Section {
  readonly name: string;
  readonly type: number;
  readonly flags: number;
  /** In the file; in memory it lies `loadedAt` further, when it is loaded. */
  readonly offset: number;
  readonly bytes: Uint8Array;
  readonly link: number;
}

export interface Places {
  /** Of functions, by their seed: positions in the file. */
  readonly starts: ReadonlyMap<number, number>;
  readonly dataAt: number;
  readonly zerosAt: number;
  readonly release: number;
}

export function elfProgram(grown: boolean): Uint8Array {
  const { seeds, starts, end } = placeFunctions(grown);
  const dataAt = aligned(end, 0x1000);
  const indexAt = dataAt + 8 * seeds.length;
  const symbolsAt = aligned(indexAt + 16 + 8 * seeds.length, 16);
  const places = { starts, dataAt, zerosAt: symbolsAt, release: grown ? 18 : 17 };
  const text = textOf(places, end);
  const data = rows(seeds, 8, (view, at, seed) => view.setUint32(at, loadedAt + starts.get(seed)!, true));
  const index = rows([0, 0, ...seeds], 8, (view, at, seed) =>
    view.setInt32(at, seed === 0 ? 0 : starts.get(seed)! - indexAt, true),
  );
  const names = seeds.map((seed) => `function_${seed}\0`);
  const symbols = rows(seeds, 24, (view, at, seed) => {
    view.setUint32(at, 1 + names.slice(0, seeds.indexOf(seed)).join('').length, true);
    view.setUint32(at + 4, 0x1_00_12, true);
    view.setUint32(at + 8, loadedAt + starts.get(seed)!, true);
    view.setUint32(at + 16, functionBytes, true);
  });
  const strings = new TextEncoder().encode(`\0${names.join('')}`);
  const stringsAt = symbolsAt + symbols.length;
  return linked([
    { name: '', type: 0, flags: 0, offset: 0, bytes: new Uint8Array(), link: 0 },
    { name: '.text', type: 1, flags: 6, offset: textAt, bytes: text, link: 0 },
    { name: '.data', type: 1, flags: 3, offset: dataAt, bytes: data, link: 0 },
    { name: '.eh_frame_hdr', type: 1, flags: 2, offset: indexAt, bytes: index, link: 0 },
    { name: '.symtab', type: 2, flags: 0, offset: symbolsAt, bytes: symbols, link: 5 },
    { name: '.strtab', type: 3, flags: 0, offset: stringsAt, bytes: strings, link: 0 },
  ]);
}

/** Seeds of all functions in their order, where each begins in the file, and where the last one ends. */
export function placeFunctions(grown: boolean): {
  readonly seeds: readonly number[];
  readonly starts: ReadonlyMap<number, number>;
  readonly end: number;
} {
  const seeds = Array.from({ length: functionCount }, (_, nth) => nth + 1);
  if (grown) seeds.splice(added.place, 0, added.seed);
  const starts = new Map<number, number>();
  let end = textAt;
  for (const seed of seeds) {
    starts.set(seed, end);
    end += functionBytes + (grown ? 4 * ((seed * seed) % 7) : 0);
  }
  return { seeds, starts, end };
}

/** Positions in the file and addresses are as far from each other everywhere. */
export function textOf(places: Places, end: number): Uint8Array {
  const text = new Uint8Array(end - textAt);
  for (const [seed, start] of places.starts) text.set(functionCode(seed, start, places), start - textAt);
  return text;
}

/** Noise with calls and jumps, operands that lie in data and in what is zero, and numbers that a release counts up. */
function functionCode(seed: number, start: number, { starts, dataAt, zerosAt, release }: Places): Uint8Array {
  const code = noise(functionBytes, 256, seed).map((byte) => (byte === 0xe8 ? 0x90 : byte));
  const view = new DataView(code.buffer);
  const refer = (opcode: readonly number[], at: number, goal: number): void => {
    code.set(opcode, at);
    const end = at + opcode.length + 4;
    view.setInt32(end - 4, goal - start - end, true);
  };
  for (let at = 0; at < functionBytes; at += 20) {
    const drawn = code[at + 1]!;
    refer([[0xe8], [0xe9], [0x0f, 0x84]][drawn % 3]!, at, starts.get(1 + (drawn % functionCount))!);
    refer([0x8b, 0x05], at + 8, drawn < 128 ? dataAt + 8 * (drawn % 100) : zerosAt + 16 * drawn);
    if (drawn % 5 === 0) view.setUint32(at + 14, (release << 8) | (drawn & 15), true);
    // Nothing tells what this becomes.
    if (drawn % 7 === 0) view.setUint16(at + 17, Math.imul(release, seed * 40_503 + at) >>> 3, true);
  }
  return code;
}

/** ELF of 64 bits: two segments, the second with 64 KiB of zeros behind it, and a table of sections. */
function linked(sections: readonly Section[]): Uint8Array {
  const namesAt = sections.map((_, nth) => sections.slice(0, nth).reduce((sum, { name }) => sum + name.length + 1, 0));
  const names = new TextEncoder().encode(`${sections.map(({ name }) => name).join('\0')}\0\0`);
  const last = sections.at(-1)!;
  const all = [
    ...sections,
    { name: '', type: 3, flags: 0, offset: last.offset + last.bytes.length, bytes: names, link: 0 },
  ];
  const tableAt = aligned(last.offset + last.bytes.length + names.length, 16);
  const file = new Uint8Array(tableAt + 64 * all.length);
  const view = new DataView(file.buffer);
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  for (const [at, value] of [
    [16, 2],
    [18, 62],
    [54, 56],
    [56, 2],
    [58, 64],
    [60, all.length],
    [62, all.length - 1],
  ])
    view.setUint16(at!, value!, true);
  view.setUint32(32, 64, true);
  view.setUint32(40, tableAt, true);
  const [dataAt, symbolsAt] = [sections[2]!.offset, sections[4]!.offset];
  for (const [row, offset, size, zeros] of [
    [64, textAt, dataAt - textAt, 0],
    [120, dataAt, symbolsAt - dataAt, 0x1_00_00],
  ]) {
    view.setUint32(row!, 1, true);
    for (const [at, value] of [
      [8, offset!],
      [16, loadedAt + offset!],
      [32, size!],
      [40, size! + zeros!],
    ])
      view.setUint32(row! + at!, value!, true);
  }
  for (const [nth, { type, flags, offset, bytes, link }] of all.entries()) {
    const isLoaded = (flags & 2) !== 0;
    const fields = [
      namesAt[nth] ?? names.length - 1,
      type,
      flags,
      0,
      isLoaded ? loadedAt + offset : 0,
      0,
      offset,
      0,
      bytes.length,
      0,
      link,
    ];
    for (const [field, value] of fields.entries()) view.setUint32(tableAt + 64 * nth + 4 * field, value, true);
    file.set(bytes, offset);
  }
  return file;
}

export function rows(
  seeds: readonly number[],
  size: number,
  fill: (view: DataView, at: number, seed: number) => void,
): Uint8Array {
  const bytes = new Uint8Array(seeds.length * size);
  const view = new DataView(bytes.buffer);
  for (const [nth, seed] of seeds.entries()) fill(view, nth * size, seed);
  return bytes;
}

export function aligned(at: number, to: number): number {
  return Math.ceil(at / to) * to;
}
