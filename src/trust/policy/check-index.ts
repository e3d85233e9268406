import { ThemisError } from '../../kernel/error.ts';
import { parseReleaseIndex } from '../../model/release-format/parse-index.ts';
import type { ReleaseIndex } from '../../model/release.ts';
import { type Verified, verifyDetached } from '../cms/verify-detached.ts';
import type { Refusal } from '../refusal.ts';
import type { TrustStore } from './trust-store.ts';

/** How far the clock of whoever makes an index may be ahead. */
const skewMs = 300_000;

/** `index.json`: signed by somebody trusted, well formed, and fresh (anti-freeze), in this order. */
export function checkIndex(input: {
  readonly index: Uint8Array;
  readonly signature: Uint8Array | null;
  readonly trust: TrustStore;
  readonly nowMs: number;
}): { readonly ok: true; readonly index: ReleaseIndex; readonly signature: Verified } | Refusal {
  const { index: content, signature, trust, nowMs } = input;
  if (signature === null) return { ok: false, code: 'INDEX_UNSIGNED', message: 'The index carries no signature.' };
  const verified = verifyDetached({ content, signature, trust, nowMs, profile: 'codeSigning' });
  if (!verified.ok) return verified;
  let index: ReleaseIndex;
  try {
    index = parseReleaseIndex(content);
  } catch (error) {
    if (!(error instanceof ThemisError)) throw error;
    return { ok: false, code: 'INDEX_INVALID', message: error.message };
  }
  if (nowMs > Temporal.Instant.from(index.expiresAt).epochMilliseconds) {
    return {
      ok: false,
      code: 'INDEX_STALE',
      message: `The index was to be renewed before ${index.expiresAt}.`,
      fix: 'Make it anew with: themis release index',
    };
  }
  if (Temporal.Instant.from(index.generatedAt).epochMilliseconds > nowMs + skewMs) {
    const message = `The index was made at ${index.generatedAt}, which is yet to come.`;
    return { ok: false, code: 'INDEX_FUTURE', message, fix: 'Check the clocks of this machine and of the publisher.' };
  }
  return { ok: true, index, signature: verified };
}
