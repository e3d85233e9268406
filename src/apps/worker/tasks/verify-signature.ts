/**
 * Verification of a detached signature. Trust crosses as bytes, since keys are no plain data; a worker keeps what it
 * made of the last few, under the digest that the asking side gave them.
 */
import type { Digest } from '../../../kernel/digest.ts';
import type { Verification } from '../../../release/store/verify-cached.ts';
import { verifyDetached } from '../../../trust/cms/verify-detached.ts';
import { parseAnchors } from '../../../trust/policy/anchors.ts';
import type { TrustStore } from '../../../trust/policy/trust-store.ts';
import { toTrustError } from '../../../trust/refusal.ts';
import { readCertificateList } from '../../../trust/x509/certificate-list.ts';
import type { InitialPolicies } from '../../../trust/x509/policies/policy-graph.ts';
import type { Profile } from '../../../trust/x509/validate-path.ts';

export interface TrustBytes {
  readonly digest: Digest;
  /** The anchors file. */
  readonly anchors: Uint8Array;
  readonly crls: readonly Uint8Array[];
}

export interface SignatureQuestion {
  readonly content: Uint8Array;
  readonly signature: Uint8Array;
  readonly trust: TrustBytes;
  readonly nowMs: number;
  readonly profile: Profile;
  readonly policies?: InitialPolicies;
}

const kept = 4;
const stores = new Map<Digest, TrustStore>();

export function verifySignature({ trust, ...input }: SignatureQuestion): Verification {
  return verifyDetached({ ...input, trust: storeOf(trust) });
}

function storeOf(bytes: TrustBytes): TrustStore {
  const store = stores.get(bytes.digest) ?? readTrust(bytes);
  stores.delete(bytes.digest);
  stores.set(bytes.digest, store);
  for (const oldest of stores.keys()) if (stores.size > kept) stores.delete(oldest);
  return store;
}

/** The asking side parsed the same bytes, so a refusal here is no answer about the signature. */
function readTrust({ anchors, crls }: TrustBytes): TrustStore {
  const parsed = parseAnchors(anchors.slice());
  if (!parsed.ok) throw toTrustError(parsed);
  return { anchors: parsed.anchors, crls: crls.map((bytes) => readCertificateList(bytes.slice())) };
}
