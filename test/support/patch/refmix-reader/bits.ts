/** `docs/refmix.md`, "Bits" and "Numbers": the arithmetic code, read. */

/** Every function reads on with zeros behind the end. */
export interface BitReader {
  /** 1 or 0; `probability` of a 1 is of 65536. */
  readonly bit: (probability: number) => number;
  /** Whether every byte was taken. */
  readonly isUsedUp: () => boolean;
}

export function readBits(code: Uint8Array): BitReader {
  let taken = 0;
  const nextByte = (): number => (taken < code.length ? code[taken++]! : 0);
  let low = 0;
  let high = 2 ** 32 - 1;
  let value = 0;
  for (let count = 0; count < 4; count += 1) value = value * 256 + nextByte();
  return {
    bit(probability) {
      // Plain integers below 2^53: the product of 32 and 16 bits fits.
      const middle = low + Math.floor(((high - low) * probability) / 65_536);
      const bit = value <= middle ? 1 : 0;
      if (bit === 1) high = middle;
      else low = middle + 1;
      while (Math.floor(low / 2 ** 24) === Math.floor(high / 2 ** 24)) {
        low = (low % 2 ** 24) * 256;
        high = (high % 2 ** 24) * 256 + 255;
        value = (value % 2 ** 24) * 256 + nextByte();
      }
      return bit;
    },
    isUsedUp: () => taken === code.length,
  };
}

export interface NumberReader {
  readonly number: (kind: number) => number;
  readonly tree: (kind: number, bits: number) => number;
}

/** Counters of their own for each kind. */
export function readNumbers({ bit }: BitReader): NumberReader {
  const counters = new Map<string, number>();
  const learnt = (kind: number, name: string): number => {
    const key = `${kind} ${name}`;
    const was = counters.get(key) ?? 32_768;
    const read = bit(was);
    counters.set(key, read === 1 ? was + ((65_536 - was) >> 5) : was - (was >> 5));
    return read;
  };
  const tree = (kind: number, bits: number): number => {
    let node = 1;
    for (let count = 0; count < bits; count += 1) node = 2 * node + learnt(kind, `node ${node}`);
    return node - 2 ** bits;
  };
  return {
    tree,
    number(kind) {
      const size = tree(kind, 6);
      if (size > 32) return 0;
      if (size < 2) return size;
      let number = 1;
      for (let nth = 1; nth < size; nth += 1)
        number = 2 * number + (nth <= 2 ? learnt(kind, `size ${size}, after ${number}`) : bit(32_768));
      return number;
    },
  };
}
