/**
 * Other anchors in the place of the present ones: the document says who is believed from then on, so it is believed
 * itself only if enough of the present anchors signed it, each through a path of its own, and if it is newer. Nothing
 * that the new document says counts for that.
 */
import { verifyDetached, type VerifiedSigner } from '../cms/verify-detached.ts';
import type { Refusal, TrustCode } from '../refusal.ts';
import { type AnchorSet, parseAnchors } from './anchors.ts';
import type { TrustStore } from './trust-store.ts';

export interface Rotation {
  readonly ok: true;
  readonly anchors: AnchorSet;
  readonly signers: readonly VerifiedSigner[];
}

export function checkRotation(input: {
  readonly document: Uint8Array;
  readonly signature: Uint8Array | null;
  /** Present anchors and revocation lists. */
  readonly trust: TrustStore;
  readonly nowMs: number;
}): Rotation | Refusal {
  const { document, signature, trust, nowMs } = input;
  if (signature === null) return refusal('ANCHORS_ROTATION_UNSIGNED', 'The new anchors document carries no signature.');
  const needed = trust.anchors.rotationThreshold;
  const verified = verifyDetached({
    content: document,
    signature,
    trust: { ...trust, anchors: { ...trust.anchors, threshold: needed } },
    nowMs,
    profile: 'codeSigning',
  });
  if (!verified.ok) return verified;
  const signers = [verified.signer, ...verified.cosigners];
  const anchors = new Set(signers.map(({ anchor }) => anchor));
  if (anchors.size < needed) {
    return refusal(
      'ANCHORS_ROTATION_SIGNERS',
      `The new anchors document is signed under ${[...anchors].join(' and ')}; ${needed} of the ${trust.anchors.anchors.length} present anchors have to.`,
    );
  }
  const parsed = parseAnchors(document);
  if (!parsed.ok) return parsed;
  const { version } = parsed.anchors;
  if (version <= trust.anchors.version) {
    return refusal(
      'ANCHORS_ROTATION_VERSION',
      `The new anchors document has version ${version}; it has to be higher than ${trust.anchors.version}.`,
    );
  }
  return { ok: true, anchors: parsed.anchors, signers };
}

function refusal(code: TrustCode, message: string): Refusal {
  return { ok: false, code, message };
}
