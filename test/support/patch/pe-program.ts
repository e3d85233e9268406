/**
 * The program of elf-program.ts as a linker for Windows makes it: the same functions, pointers to them that are absolute,
 * a table of where they begin and end, and memory behind the data that is zero at the start.
 */
import { aligned, functionBytes, placeFunctions, rows, textAt, textOf } from './elf-program.ts';

const headerAt = 0x80;
const optionalBytes = 240;
const sectionAlignment = 0x1000;
const zerosBytes = 0x1_00_00;
/** Of the place where it is loaded. */
const above = { low: 0x40_00_00_00, high: 1 } as const;
const flags = { text: 0x60_00_00_20, data: 0xc0_00_00_40, table: 0x40_00_00_40 } as const;

export function peProgram(grown: boolean): Uint8Array {
  const { seeds, starts, end } = placeFunctions(grown);
  const dataAt = aligned(end, sectionAlignment);
  const dataEnd = dataAt + 8 * seeds.length;
  const tableAt = aligned(dataEnd + zerosBytes, sectionAlignment);
  const places = { starts, dataAt, zerosAt: dataEnd, release: grown ? 18 : 17 };
  const data = rows(seeds, 8, (view, at, seed) => {
    view.setUint32(at, above.low + starts.get(seed)!, true);
    view.setUint32(at + 4, above.high, true);
  });
  const table = rows(seeds, 12, (view, at, seed) => {
    const start = starts.get(seed)!;
    for (const [nth, value] of [start, start + functionBytes, dataAt + 8].entries())
      view.setUint32(at + 4 * nth, value, true);
  });
  return linked([
    { name: '.text', address: textAt, memorySize: end - textAt, bytes: textOf(places, end), flags: flags.text },
    { name: '.data', address: dataAt, memorySize: data.length + zerosBytes, bytes: data, flags: flags.data },
    { name: '.pdata', address: tableAt, memorySize: table.length, bytes: table, flags: flags.table },
  ]);
}

interface Section {
  readonly name: string;
  readonly address: number;
  readonly memorySize: number;
  readonly bytes: Uint8Array;
  readonly flags: number;
}

/** PE32+: in the file sections follow each other, in memory each begins a page. */
function linked(sections: readonly Section[]): Uint8Array {
  const offsets = sections.map(
    (_, nth) => textAt + sections.slice(0, nth).reduce((sum, { bytes }) => sum + aligned(bytes.length, 512), 0),
  );
  const file = new Uint8Array(offsets.at(-1)! + aligned(sections.at(-1)!.bytes.length, 512));
  const view = new DataView(file.buffer);
  view.setUint16(0, 0x5a_4d, true);
  view.setUint32(60, headerAt, true);
  view.setUint32(headerAt, 0x45_50, true);
  view.setUint16(headerAt + 4, 0x86_64, true);
  view.setUint16(headerAt + 6, sections.length, true);
  view.setUint16(headerAt + 20, optionalBytes, true);
  const optional = headerAt + 24;
  view.setUint16(optional, 0x2_0b, true);
  view.setUint32(optional + 24, above.low, true);
  view.setUint32(optional + 28, above.high, true);
  for (const [nth, { name, address, memorySize, bytes, flags: bits }] of sections.entries()) {
    const row = optional + optionalBytes + 40 * nth;
    file.set(new TextEncoder().encode(name), row);
    for (const [at, value] of [
      [8, memorySize],
      [12, address],
      [16, aligned(bytes.length, 512)],
      [20, offsets[nth]!],
      [36, bits],
    ])
      view.setUint32(row + at!, value!, true);
    file.set(bytes, offsets[nth]);
  }
  return file;
}
