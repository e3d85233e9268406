/** DJW sections, written down field by field: what xdelta3 would write, and what it would not. */
export interface SectionByHand {
  /** By group: the lengths of the codes of all 256 bytes. */
  readonly groups: readonly Uint8Array[];
  /** A multiple of five. */
  readonly sectorBytes: number;
  /** The group of each sector. */
  readonly choices: readonly number[];
  readonly content: Uint8Array;
}

/** A value and its bits, most significant first. */
export type Field = readonly [value: number, bits: number];

export function packFields(fields: readonly Field[]): Uint8Array {
  const bits = fields.flatMap(([value, count]) =>
    Array.from({ length: count }, (_, index) => (value >> (count - 1 - index)) & 1),
  );
  const bytes = new Uint8Array(Math.ceil(bits.length / 8));
  for (const [at, bit] of bits.entries()) bytes[at >> 3]! |= bit << (at & 7);
  return bytes;
}

export function packSection(section: SectionByHand): Uint8Array {
  return packFields([...headOf(section), ...contentOf(section)]);
}

/** Lengths by symbol, of those that occur, in order; the bytes from `first` on. */
export function lengthsFrom(first: number, lengths: readonly number[]): Uint8Array {
  const all = new Uint8Array(256);
  all.set(lengths, first);
  return all;
}

const lengthsByFrequency = [0, 4, 5, 6, 7, 8, 9, 10, 3, 11, 2, 12, 13, 1, 14, 15, 16, 17, 18, 19, 20];
/** Repeats are cheap. */
const lengthsOfLengths = [2, 2, ...Array.from({ length: 20 }, () => 6)];

/** All before the choices and the content. */
export function headOf({ groups, sectorBytes, choices }: SectionByHand): Field[] {
  const sector: Field[] = groups.length === 1 ? [] : [[sectorBytes / 5 - 1, 5]];
  const stated = lengthsOfLengths.map((length): Field => [length, 4]);
  const code = codesOf(lengthsOfLengths);
  const symbols = movedToFront(
    groups.flatMap((lengths, group) => [...lengths].filter((_, byte) => group === 0 || groups[group - 1]![byte] !== 0)),
    lengthsByFrequency,
  );
  return [
    [groups.length - 1, 3],
    ...sector,
    [15, 4],
    ...stated,
    ...symbols.map((symbol) => code[symbol]!),
    ...chosen(),
  ];

  function chosen(): Field[] {
    if (groups.length === 1) return [];
    const lengths = Array.from({ length: groups.length + 1 }, () => 4);
    const codes = codesOf(lengths);
    const front = groups.map((_, group) => group);
    return [
      ...lengths.map((length): Field => [length, 3]),
      ...movedToFront(choices, front).map((symbol) => codes[symbol]!),
    ];
  }
}

export function contentOf({ groups, sectorBytes, choices, content }: SectionByHand): Field[] {
  const codes = groups.map((lengths) => codesOf([...lengths]));
  return Array.from(
    content,
    (byte, at) => codes[groups.length === 1 ? 0 : choices[Math.floor(at / sectorBytes)]!]![byte]!,
  );
}

/** Canonical codes by symbol. */
function codesOf(lengths: readonly number[]): readonly Field[] {
  const codes: Field[] = lengths.map(() => [0, 0]);
  let code = 0;
  for (let length = 1; length <= 20; length += 1) {
    code <<= 1;
    for (const [symbol, own] of lengths.entries()) {
      if (own !== length) continue;
      codes[symbol] = [code, length];
      code += 1;
    }
  }
  return codes;
}

/** Symbol n + 1 is what lay at place n of the front; 0 and 1 are digits of one and two, lowest first, of repeats. */
function movedToFront(values: readonly number[], start: readonly number[]): number[] {
  const front = [...start];
  const symbols: number[] = [];
  let repeats = 0;
  const putRepeats = (): void => {
    for (let left = repeats; left > 0; left = (left - 1) >> 1) symbols.push((left - 1) & 1);
    repeats = 0;
  };
  for (const value of values) {
    const place = front.indexOf(value);
    if (place === 0) {
      repeats += 1;
      continue;
    }
    putRepeats();
    symbols.push(place + 1);
    front.splice(0, 0, ...front.splice(place, 1));
  }
  putRepeats();
  return symbols;
}
