const soak = process.env['THEMIS_SOAK'] === '1';

/** Parameters of a property test: a hundredth of the full count in `npm test`, all of it in `npm run soak`; always the same seed. */
export function runs(full: number): { numRuns: number; seed: number } {
  return { numRuns: soak ? full : Math.max(1, Math.floor(full / 100)), seed: 20_260_701 };
}
