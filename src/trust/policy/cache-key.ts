/**
 * The key of a verification: a digest over everything its answer depends on but the time, which the answer bounds
 * itself. What is not in the key must not be able to change an answer.
 */
import { type Digest, digestBytes, digestJson } from '../../kernel/digest.ts';
import type { VerifyInput } from '../cms/verify-detached.ts';
import type { TrustStore } from './trust-store.ts';

/** Raised with every change after which the same input may get another answer. */
export const verifierVersion = 2;

export function verificationKey(input: Omit<VerifyInput, 'nowMs'>, version = verifierVersion): Digest {
  const { content, signature, trust, profile, policies = null } = input;
  return digestJson({
    content: digestBytes(content),
    signature: digestBytes(signature),
    trust: trustDigest(trust),
    profile,
    policies: policies === null ? null : { ...policies, acceptable: [...new Set(policies.acceptable)].sort() },
    verifier: version,
  });
}

/** Of everything a verifier knows beforehand. */
export function trustDigest({ anchors, crls }: TrustStore): Digest {
  return digestJson({
    // Of the whole file: anchors, threshold and every rule in it.
    anchors: anchors.digest,
    crls: [...new Set(crls.map(({ fingerprint }) => fingerprint))].sort(),
  });
}
