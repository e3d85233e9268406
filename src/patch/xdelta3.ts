/**
 * XDELTA3: VCDIFF as the program of that name writes it: with checksums of windows, an application header, and sections
 * under a secondary compressor, of which DJW and LZMA are read and FGK is refused.
 */
import type { PatchAlgorithm } from './algorithm.ts';
import { applyBytes, decodeVcdiff } from './vcdiff/decode/decode.ts';
import { encodeVcdiff, vcdiffLimits } from './vcdiff/encode/encode.ts';

export const xdelta3: PatchAlgorithm<'XDELTA3'> = {
  id: 'XDELTA3',
  limits: { ...vcdiffLimits, applyBytes: () => applyBytes },
  // oxlint-disable-next-line typescript/require-await -- the contract of algorithms is asynchronous
  make: async (base, target, { signal }) => encodeVcdiff(base, target, { dialect: 'xdelta3', signal }),
  apply: (base, patch, { targetBytes, signal }) =>
    decodeVcdiff(base, patch, { dialect: 'xdelta3', targetBytes, signal }),
};
