/**
 * What a new index takes over from the one before, its counter and what is withdrawn, goes out under the new signature.
 * So the one before has to be what its signers signed, and one of them has to be who signs now, or to stand under anchors
 * that were named. An edited index, or one that a stranger signed, is refused: its withdrawals may be gone.
 */
import type { ReleaseSource } from '../../ports/release-source.ts';
import type { Signer } from '../../ports/signer.ts';
import { signersOf } from '../../trust/cms/signers-of.ts';
import { verifyDetached } from '../../trust/cms/verify-detached.ts';
import type { TrustStore } from '../../trust/policy/trust-store.ts';
import { type Refusal, toTrustError } from '../../trust/refusal.ts';
import { readCertificate } from '../../trust/x509/certificate.ts';

export type PresentIndex = Awaited<ReturnType<ReleaseSource['readIndex']>>;

/** Throws UNSIGNED, SIGNATURE_INVALID, SIGNER_UNTRUSTED and what else a signature is refused for. `signer`: of the new one. */
export function believePresent(
  { bytes, signature }: PresentIndex,
  signer: Signer | undefined,
  trust: TrustStore | null,
  nowMs: number,
): void {
  if (signature === null) {
    if (signer === undefined) return;
    return refuse({ ok: false, code: 'INDEX_UNSIGNED', message: 'It is not signed.' });
  }
  const signers = signersOf(bytes, signature);
  if (!signers.ok) return refuse(signers);
  if (trust !== null) {
    const verified = verifyDetached({ content: bytes, signature, trust, nowMs, profile: 'codeSigning' });
    if (!verified.ok) refuse(verified);
    return;
  }
  if (signer === undefined || signers.keys.includes(readCertificate(signer.chain[0]!).key.id)) return;
  refuse({ ok: false, code: 'PATH_NO_ANCHOR', message: 'Somebody else than the present signer signed it.' });
}

function refuse(refusal: Refusal): never {
  throw toTrustError(
    {
      ...refusal,
      fix: 'Name the anchors of its signers (--anchors FILE), put back what was published, or, once its counter and its withdrawn releases are found right, add --trust-index.',
    },
    'The present index',
  );
}
