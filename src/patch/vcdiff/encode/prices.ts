/** What steps cost in tenths of a byte, near enough to choose between them; measured on relinked executables. */
export interface Prices {
  /** A literal, and what begins a run of them. */
  readonly literal: number;
  readonly add: number;
  /** The opcode of a copy, and what a size costs that has no opcode of its own. */
  readonly copy: number;
  readonly size: number;
  /** What one opcode for two instructions saves. */
  readonly joined: number;
  readonly repeat: number;
  /** By digits; 0: one that the same cache holds. */
  readonly address: readonly [again: number, number, number, number, number, number];
}

/** Sections as they are. */
export const plainPrices: Prices = {
  literal: 9,
  add: 8,
  copy: 10,
  size: 10,
  joined: 10,
  repeat: 30,
  address: [10, 10, 20, 30, 40, 50],
};

/** Sections that are compressed once more: opcodes and near addresses become cheap, far addresses do not. */
export const packedPrices: Prices = {
  literal: 8,
  add: 6,
  copy: 8,
  size: 8,
  joined: 3,
  repeat: 25,
  address: [10, 9, 20, 30, 38, 48],
};

/** Of an integer as the RFC writes it. */
export function digitsOf(value: number): number {
  return value < 2 ** 7 ? 1 : value < 2 ** 14 ? 2 : value < 2 ** 21 ? 3 : value < 2 ** 28 ? 4 : 5;
}
