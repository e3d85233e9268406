/** A sorted block as symbols: how long ago each byte was seen last, runs of the latest one as numbers, and an end. */
import { bzip2 } from './format.ts';

export interface BlockSymbols {
  /** The bytes that occur, in order. */
  readonly used: Uint8Array;
  readonly symbols: Uint16Array;
  /** How many different ones there may be. */
  readonly alphabet: number;
}

export function moveToFront(column: Uint8Array): BlockSymbols {
  const occurs = new Uint8Array(256);
  for (let at = 0; at < column.length; at += 1) occurs[column[at]!] = 1;
  const used = Uint8Array.from({ length: 256 }, (_, byte) => byte).filter((byte) => occurs[byte] === 1);
  const recent = used.slice();
  const symbols = new Uint16Array(column.length + 1);
  let filled = 0;
  let run = 0;
  for (let at = 0; at < column.length; at += 1) {
    const byte = column[at]!;
    if (byte === recent[0]) {
      run += 1;
      continue;
    }
    filled = putRun(symbols, filled, run);
    run = 0;
    let rank = 1;
    while (recent[rank] !== byte) rank += 1;
    recent.copyWithin(1, 0, rank);
    recent[0] = byte;
    symbols[filled] = rank + bzip2.runDigits - 1;
    filled += 1;
  }
  filled = putRun(symbols, filled, run);
  symbols[filled] = used.length + bzip2.runDigits - 1;
  return { used, symbols: symbols.subarray(0, filled + 1), alphabet: used.length + bzip2.runDigits };
}

/** In digits of one and two, the lowest first. */
function putRun(symbols: Uint16Array, start: number, run: number): number {
  let filled = start;
  for (let rest = run; rest > 0; rest = (rest - 1) >>> 1) {
    symbols[filled] = (rest - 1) & 1;
    filled += 1;
  }
  return filled;
}
