/** One block of a bzip2 stream behind its checksum: tables, symbols, and the bytes they move to the front. */
import { type Bits, takeBits } from './bit-reader.ts';
import { bzip2 } from './format.ts';
import { type PrefixDecoder, prefixDecoder, takeSymbol } from './prefix-decoder.ts';
import { refuseBzip2 } from './refuse.ts';

export interface Block {
  /** How many of the slots are filled. */
  readonly size: number;
  /** The row that is the block itself among its sorted rotations. */
  readonly origin: number;
}

const { groupSymbols, leastTables, mostTables, usefulSelectors, mostCodeBits, runDigits } = bzip2;

/** Fills the slots with the last column of the sorted rotations, one byte each. */
export function readBlock(bits: Bits, slots: Int32Array): Block {
  if (takeBits(bits, 1) !== 0) throw refuseBzip2('a block is randomised');
  const origin = takeBits(bits, 24);
  const used = readUsed(bits);
  const tables = takeBits(bits, 3);
  if (tables < leastTables || tables > mostTables) throw refuseBzip2('a block has a wrong number of tables');
  const selectors = readSelectors(bits, tables);
  const lengths = Array.from({ length: tables }, () => readLengths(bits, used.length + runDigits));
  // Six tables can be stated in as many bytes: only those are built that something is read with.
  const decoders: PrefixDecoder[] = [];
  const size = readSymbols(
    bits,
    slots,
    used,
    selectors.map((table) => (decoders[table] ??= prefixDecoder(lengths[table]!))),
  );
  if (origin >= size) throw refuseBzip2('a block begins outside of itself');
  return { size, origin };
}

/** Which bytes occur: a bit for each sixteen, then one for each of those. */
function readUsed(bits: Bits): Uint8Array {
  const ranges = takeBits(bits, 16);
  const used: number[] = [];
  for (let range = 0; range < 16; range += 1) {
    if ((ranges & (0x8000 >>> range)) === 0) continue;
    const members = takeBits(bits, 16);
    for (let member = 0; member < 16; member += 1)
      if ((members & (0x8000 >>> member)) !== 0) used.push(range * 16 + member);
  }
  if (used.length === 0) throw refuseBzip2('a block uses no bytes');
  return Uint8Array.from(used);
}

function readSelectors(bits: Bits, tables: number): number[] {
  const count = takeBits(bits, 15);
  if (count === 0) throw refuseBzip2('a block has no selectors');
  const recent = [0, 1, 2, 3, 4, 5];
  const selectors: number[] = [];
  for (let index = 0; index < count; index += 1) {
    let rank = 0;
    while (takeBits(bits, 1) === 1) {
      rank += 1;
      if (rank >= tables) throw refuseBzip2('a selector names no table');
    }
    const [table] = recent.splice(rank, 1);
    recent.unshift(table!);
    if (index < usefulSelectors) selectors.push(table!);
  }
  return selectors;
}

function readLengths(bits: Bits, symbols: number): Uint8Array {
  let length = takeBits(bits, 5);
  return new Uint8Array(symbols).map(() => {
    for (;;) {
      if (length < 1 || length > mostCodeBits) throw refuseBzip2('a code has a wrong length');
      if (takeBits(bits, 1) === 0) return length;
      length += takeBits(bits, 1) === 0 ? 1 : -1;
    }
  });
}

function readSymbols(bits: Bits, slots: Int32Array, used: Uint8Array, groups: readonly PrefixDecoder[]): number {
  const recent = used.slice();
  const endOfBlock = used.length + 1;
  let size = 0;
  let run = 0;
  let digit = 1;
  for (const decoder of groups) {
    for (let index = 0; index < groupSymbols; index += 1) {
      const symbol = takeSymbol(bits, decoder);
      if (symbol < runDigits) {
        run += digit << symbol;
        digit <<= 1;
        if (run > slots.length - size) throw refuseBzip2('a block is too long');
        continue;
      }
      if (run > 0) {
        slots.fill(recent[0]!, size, size + run);
        size += run;
        run = 0;
        digit = 1;
      }
      if (symbol === endOfBlock) return size;
      if (size >= slots.length) throw refuseBzip2('a block is too long');
      const byte = recent[symbol - 1]!;
      recent.copyWithin(1, 0, symbol - 1);
      recent[0] = byte;
      slots[size] = byte;
      size += 1;
    }
  }
  throw refuseBzip2('a block has too few selectors');
}
