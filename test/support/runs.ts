/** How often a property is tried: all of `full` in `npm run soak`, a hundredth otherwise; always from the same seed. */
export function runs(full: number): { numRuns: number; seed: number } {
  const soak = process.env['THEMIS_SOAK'] === '1';
  return { numRuns: soak ? full : Math.max(1, Math.floor(full / 100)), seed: 20_260_101 };
}
