/**
 * Other anchors in the place of the present ones: the document says who is believed from then on, so it is believed
 * itself only if enough of the present anchors signed it with their own keys, and if it is newer. Whoever signs releases
 * under an anchor cannot replace it, and nothing that the new document says counts.
 */
import { type SigningAnchor, verifyByAnchors } from '../cms/verify-by-anchors.ts';
import type { Refusal, TrustCode } from '../refusal.ts';
import { type AnchorSet, parseAnchors } from './anchors.ts';
import type { TrustStore } from './trust-store.ts';

export interface Rotation {
  readonly ok: true;
  readonly anchors: AnchorSet;
  readonly signers: readonly SigningAnchor[];
}

export function checkRotation(input: {
  readonly document: Uint8Array;
  readonly signature: Uint8Array | null;
  readonly trust: Pick<TrustStore, 'anchors'>;
  readonly nowMs: number;
}): Rotation | Refusal {
  const { document, signature, trust, nowMs } = input;
  if (signature === null) return refusal('ANCHORS_ROTATION_UNSIGNED', 'The new anchors document carries no signature.');
  const { anchors } = trust;
  const needed = anchors.rotationThreshold;
  const verified = verifyByAnchors({ content: document, signature, anchors, needed, nowMs });
  if (!verified.ok) return verified;
  const parsed = parseAnchors(document);
  if (!parsed.ok) return parsed;
  const { version } = parsed.anchors;
  if (version <= trust.anchors.version) {
    return refusal(
      'ANCHORS_ROTATION_VERSION',
      `The new anchors document has version ${version}; it has to be higher than ${trust.anchors.version}.`,
    );
  }
  return { ok: true, anchors: parsed.anchors, signers: verified.signers };
}

function refusal(code: TrustCode, message: string): Refusal {
  return { ok: false, code, message };
}
