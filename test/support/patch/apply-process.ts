/**
 * A process of its own that applies a ZSTD_DICT patch, or only holds what it would need, and says how much memory it took
 * at most, in KiB: `apply-process.ts read|keep|free BASE_BYTES PATCH_FILE TARGET_BYTES`.
 */
import { readFileSync } from 'node:fs';
import { zstdDict } from '../../../src/patch/zstd-dict.ts';

const [how, baseBytes, patchFile, targetBytes] = process.argv.slice(2);
const base = new Uint8Array(Number(baseBytes)).fill(1);
const patch = readFileSync(patchFile!);
let made = 0;
if (how !== 'read') {
  const given = { targetBytes: Number(targetBytes), mayFreeBase: how === 'free' };
  for await (const chunk of zstdDict.apply(base, patch, given)) made += chunk.length;
}
process.stdout.write(JSON.stringify({ made, mostKiB: process.resourceUsage().maxRSS }));
