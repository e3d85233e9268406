/** VCDIFF (RFC 3284): any base and target, in windows. Made without extensions, so that every reader of the RFC can apply it. */
import type { PatchAlgorithm } from './algorithm.ts';
import { applyBytes, decodeVcdiff } from './vcdiff/decode/decode.ts';
import { encodeVcdiff, vcdiffLimits } from './vcdiff/encode/encode.ts';

export const vcdiff: PatchAlgorithm<'VCDIFF'> = {
  id: 'VCDIFF',
  limits: { ...vcdiffLimits, applyBytes: () => applyBytes },
  // oxlint-disable-next-line typescript/require-await -- the contract of algorithms is asynchronous
  make: async (base, target, { signal }) => encodeVcdiff(base, target, { dialect: 'rfc3284', signal }),
  apply: (base, patch, { targetBytes, signal }) =>
    decodeVcdiff(base, patch, { dialect: 'rfc3284', targetBytes, signal }),
};
