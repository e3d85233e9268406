/** What reader and writer of bzip2 share; the format has no standard but the source of bzip2 1.0.8. */
export const bzip2 = {
  /** A block holds this many bytes, after the runs were shortened, times the level of the stream. */
  levelBytes: 100_000,
  mostLevel: 9,
  blockMagic: [0x314159, 0x265359],
  endMagic: [0x177245, 0x385090],
  /** Symbols under one prefix code. */
  groupSymbols: 50,
  leastTables: 2,
  mostTables: 6,
  /** More are skipped by every reader: no block has more groups. */
  usefulSelectors: 18_002,
  /** Symbols 0 and 1 are digits of a run of zeros. */
  runDigits: 2,
  mostSymbols: 258,
  mostCodeBits: 20,
  /** So many equal bytes are followed by a byte that says how many more there are. */
  longRun: 4,
} as const;
