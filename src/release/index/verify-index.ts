import { ThemisError } from '../../kernel/error.ts';
import { releaseLimits, releaseNames } from '../../model/release-format/layout.ts';
import type { ReleaseIndex } from '../../model/release.ts';
import type { ReleaseSource } from '../../ports/release-source.ts';
import type { Verified } from '../../trust/cms/verify-detached.ts';
import { checkIndex } from '../../trust/policy/check-index.ts';
import type { TrustStore } from '../../trust/policy/trust-store.ts';
import type { Refusal } from '../../trust/refusal.ts';

/** The index of a source, signed by somebody trusted, well formed and fresh. Only a source that fails throws. */
export async function verifyIndex(
  source: ReleaseSource,
  trust: TrustStore,
  nowMs: number,
): Promise<{ readonly ok: true; readonly index: ReleaseIndex; readonly signature: Verified } | Refusal> {
  const index = await readIfThere(source, releaseNames.index, releaseLimits.indexBytes);
  if (index instanceof ThemisError) {
    const usual = 'Nodes take releases through a signed index: themis release index DIR --key ... --certificate ...';
    const message = `The source has no index: ${index.message}`;
    return { ok: false, code: 'INDEX_MISSING', message, fix: index.hint ?? usual };
  }
  const signature = await readIfThere(source, releaseNames.indexSignature, releaseLimits.signatureBytes);
  return checkIndex({ index, signature: signature instanceof ThemisError ? null : signature, trust, nowMs });
}

/** What the source says of a file that is not there, instead of the file. */
async function readIfThere(source: ReleaseSource, path: string, limitBytes: number): Promise<Uint8Array | ThemisError> {
  try {
    return await source.readFile(path, limitBytes);
  } catch (error) {
    if (error instanceof ThemisError && error.code === 'NOT_FOUND') return error;
    throw error;
  }
}
