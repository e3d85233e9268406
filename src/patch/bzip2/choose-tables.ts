/**
 * Up to six prefix codes for one block, and which of them each fifty symbols are under. As bzip2 does it: each table
 * begins with a part of the alphabet, then takes what it codes best and is made anew from that, a few times.
 */
import { codeLengths } from './code-lengths.ts';
import { bzip2 } from './format.ts';
import type { BlockSymbols } from './move-to-front.ts';

const rounds = 4;
const { groupSymbols, mostTables } = bzip2;
/** Below so many symbols a table more costs more than it saves. */
const worth = [200, 600, 1200, 2400];

export interface ChosenTables {
  /** For each table the length of each symbol's code. */
  readonly tables: readonly Uint8Array[];
  readonly selectors: Uint8Array;
}

export function chooseTables({ symbols, alphabet }: BlockSymbols): ChosenTables {
  const wanted = worth.findIndex((least) => symbols.length < least);
  let tables = firstTables(symbols, alphabet, wanted === -1 ? mostTables : wanted + 2);
  const selectors = new Uint8Array(Math.ceil(symbols.length / groupSymbols));
  for (let round = 0; round < rounds; round += 1) {
    const frequencies = tables.map(() => new Int32Array(alphabet));
    for (let group = 0; group < selectors.length; group += 1) {
      const members = symbols.subarray(group * groupSymbols, (group + 1) * groupSymbols);
      const chosen = cheapest(tables, members);
      selectors[group] = chosen;
      const counts = frequencies[chosen]!;
      for (let at = 0; at < members.length; at += 1) counts[members[at]!]! += 1;
    }
    tables = frequencies.map((counts) => codeLengths(counts));
  }
  return { tables, selectors };
}

/** Each table prefers a range of symbols, together as frequent as that of any other. */
function firstTables(symbols: Uint16Array, alphabet: number, count: number): Uint8Array[] {
  const frequencies = new Int32Array(alphabet);
  for (let at = 0; at < symbols.length; at += 1) frequencies[symbols[at]!]! += 1;
  let symbol = 0;
  let left = symbols.length;
  return Array.from({ length: count }, (_, table) => {
    const lengths = new Uint8Array(alphabet).fill(15);
    const share = left / (count - table);
    let taken = 0;
    for (; symbol < alphabet && taken < share; symbol += 1) {
      lengths[symbol] = 0;
      taken += frequencies[symbol]!;
    }
    left -= taken;
    return lengths;
  });
}

function cheapest(tables: readonly Uint8Array[], members: Uint16Array): number {
  let best = 0;
  let least = Infinity;
  for (let table = 0; table < tables.length; table += 1) {
    const lengths = tables[table]!;
    let bits = 0;
    for (let at = 0; at < members.length; at += 1) bits += lengths[members[at]!]!;
    if (bits >= least) continue;
    least = bits;
    best = table;
  }
  return best;
}
