/** Counts of property and crash tests: a hundredth normally, all of them when THEMIS_SOAK=1. The seed is fixed. */
export function runs(full: number): { readonly numRuns: number; readonly seed: number } {
  const numRuns = isSoak ? full : Math.max(1, Math.floor(full / 100));
  return { numRuns, seed: 20_261_121 };
}

/** Of a walk over all bytes: each of them with THEMIS_SOAK=1, every sixteenth otherwise. `from`: which of the sixteen. */
export function everyByte(
  length: number,
  from: number,
): { readonly indexes: readonly number[]; readonly words: string } {
  const stride = isSoak ? 1 : 16;
  const indexes = Array.from({ length }, (_, index) => index).filter((index) => index % stride === from % stride);
  return { indexes, words: isSoak ? 'every byte' : `every ${stride}th byte` };
}

export const isSoak = process.env['THEMIS_SOAK'] === '1';
