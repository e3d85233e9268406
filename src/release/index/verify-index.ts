import { ThemisError } from '../../kernel/error.ts';
import type { ReleaseIndex } from '../../model/release.ts';
import type { ReleaseSource } from '../../ports/release-source.ts';
import type { Verified } from '../../trust/cms/verify-detached.ts';
import { checkIndex } from '../../trust/policy/check-index.ts';
import type { TrustStore } from '../../trust/policy/trust-store.ts';
import type { Refusal } from '../../trust/refusal.ts';
import { type FetchedIndex, fetchIndex, type KnownIndex } from './changes/fetch-index.ts';

export interface VerifiedIndex {
  readonly ok: true;
  readonly index: ReleaseIndex;
  readonly signature: Verified;
  /** As it was read: what to keep, to read less the next time. */
  readonly fetched: FetchedIndex;
}

/**
 * The index of a source, signed by somebody trusted, well formed and fresh; `known`: what was kept of it the last time.
 * Only a source that fails throws.
 */
export async function verifyIndex(
  source: ReleaseSource,
  trust: TrustStore,
  nowMs: number,
  known: KnownIndex | null = null,
): Promise<VerifiedIndex | Refusal> {
  const check = (index: Uint8Array, signature: Uint8Array | null): ReturnType<typeof checkIndex> =>
    checkIndex({ index, signature, trust, nowMs });
  try {
    let held: { readonly bytes: Uint8Array; readonly checked: ReturnType<typeof checkIndex> } | undefined;
    const fetched = await fetchIndex(source, known, (bytes, signature) => {
      held = { bytes, checked: check(bytes, signature) };
      return held.checked.ok;
    });
    const checked =
      held?.bytes === fetched.bytes && held.checked.ok ? held.checked : check(fetched.bytes, fetched.signature);
    return checked.ok ? { ...checked, fetched } : checked;
  } catch (error) {
    if (!(error instanceof ThemisError) || error.code !== 'NOT_FOUND') throw error;
    const usual = 'Nodes take releases through a signed index: themis release index DIR --key ... --certificate ...';
    const message = `The source has no index: ${error.message}`;
    return { ok: false, code: 'INDEX_MISSING', message, fix: error.hint ?? usual };
  }
}
