/** Counts of property and crash tests: a hundredth normally, all of them when THEMIS_SOAK=1. The seed is fixed. */
export function runs(full: number): { readonly numRuns: number; readonly seed: number } {
  const numRuns = isSoak ? full : Math.max(1, Math.floor(full / 100));
  return { numRuns, seed: 20_261_121 };
}

export const isSoak = process.env['THEMIS_SOAK'] === '1';
