/**
 * The key of a verification: a digest over everything its answer depends on but the time, which the answer bounds
 * itself. What is not in the key must not be able to change an answer.
 */
import { type Digest, digestBytes, digestJson } from '../../kernel/digest.ts';
import type { VerifyInput } from '../cms/verify-detached.ts';

/** Raised with every change after which the same input may get another answer. */
export const verifierVersion = 1;

export function verificationKey(input: Omit<VerifyInput, 'nowMs'>, version = verifierVersion): Digest {
  const { content, signature, trust, profile } = input;
  return digestJson({
    content: digestBytes(content),
    signature: digestBytes(signature),
    // Of the whole file: anchors, threshold and every rule in it.
    anchors: trust.anchors.digest,
    crls: [...new Set(trust.crls.map(({ fingerprint }) => fingerprint))].sort(),
    profile,
    verifier: version,
  });
}
