import { releaseLimits, releaseNames } from '../../model/release-format/layout.ts';
import type { ReleaseIndex } from '../../model/release.ts';
import type { ReleaseSource } from '../../ports/release-source.ts';
import type { Verified } from '../../trust/cms/verify-detached.ts';
import { checkIndex } from '../../trust/policy/check-index.ts';
import type { TrustStore } from '../../trust/policy/trust-store.ts';
import type { Refusal } from '../../trust/refusal.ts';
import { readIfThere } from './read-if-there.ts';

/** The index of a source, signed by somebody trusted, well formed and fresh. Only a source that fails throws. */
export async function verifyIndex(
  source: ReleaseSource,
  trust: TrustStore,
  nowMs: number,
): Promise<{ readonly ok: true; readonly index: ReleaseIndex; readonly signature: Verified } | Refusal> {
  const index = await readIfThere(source, releaseNames.index, releaseLimits.indexBytes);
  if (index === null) {
    const fix = 'Nodes take releases through a signed index: themis release index DIR --key ... --certificate ...';
    return { ok: false, code: 'INDEX_MISSING', message: `There is no ${releaseNames.index}.`, fix };
  }
  const signature = await readIfThere(source, releaseNames.indexSignature, releaseLimits.signatureBytes);
  return checkIndex({ index, signature, trust, nowMs });
}
