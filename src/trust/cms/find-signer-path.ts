/**
 * The path of a signer, and for how long the answer holds. Certificates have to be valid now; where one has expired since,
 * and nothing else is wrong, a timestamp from inside the signer's validity makes the instant it names the one that counts,
 * for revocation as well. What is revoked before it expires is refused, timestamp or not.
 */
import { ThemisError } from '../../kernel/error.ts';
import type { TrustStore } from '../policy/trust-store.ts';
import { refuse } from '../refusal.ts';
import { type CheckedTimestamp, clockSkewMs } from '../timestamp/verify-timestamp.ts';
import type { Certificate } from '../x509/certificate.ts';
import { readCertificateList } from '../x509/certificate-list.ts';
import { findPath, type PathQuestion } from '../x509/find-path.ts';
import { endlessSpan, narrow, type PathSpan, spanOf } from '../x509/path-span.ts';
import type { InitialPolicies } from '../x509/policies/policy-graph.ts';
import type { FoundPath } from '../x509/revocation/context.ts';
import { nameOf, type Profile } from '../x509/validate-path.ts';
import type { SignedData } from './read-signed-data.ts';

interface Circumstances {
  readonly trust: TrustStore;
  readonly nowMs: number;
  readonly profile: Profile;
  readonly policies?: InitialPolicies;
}

/** Throws the refusal. `timestamp`: of this signer, checked. */
export function findSignerPath(
  signer: Certificate,
  data: SignedData,
  timestamp: CheckedTimestamp | null,
  { trust, nowMs, profile, policies }: Circumstances,
): FoundPath {
  if (timestamp !== null) checkSignerValidity(signer, timestamp);
  const question: PathQuestion = {
    leaf: signer,
    pool: data.certificates,
    anchors: trust.anchors.anchors,
    lists: [...trust.crls, ...data.lists.map((bytes) => readCertificateList(bytes))],
    revocation: trust.anchors.revocation,
    nowMs,
    profile,
    ...(policies !== undefined && { policies }),
  };
  const stamped = timestamp === null ? endlessSpan : spanOfTimestamp(timestamp);
  try {
    const path = findPath(question);
    return { ...path, ...narrow(path, stamped) };
  } catch (error) {
    const isExpired = error instanceof ThemisError && error.reason === 'CERT_EXPIRED';
    if (!isExpired || timestamp?.path == null) throw error;
    const path = findPath({ ...question, provenAtMs: timestamp.latestMs });
    return { ...path, ...narrow(path, stamped, spanOfProven(path, nowMs)) };
  }
}

function checkSignerValidity(signer: Certificate, { earliestMs, latestMs }: CheckedTimestamp): void {
  if (earliestMs < signer.notBeforeMs || latestMs > signer.notAfterMs)
    refuse('TIMESTAMP_SIGNER_VALIDITY', `The time of the timestamp lies outside the validity of ${nameOf(signer)}.`);
}

/** From when it took the timestamp to hold. The anchor is the verifier's own, and has to be valid now. */
function spanOfProven({ anchor, certificates }: FoundPath, nowMs: number): PathSpan {
  if (nowMs > anchor.certificate.notAfterMs) refuse('ANCHOR_EXPIRED', `Trust anchor ${anchor.name} has expired.`);
  const expired = certificates.filter(({ notAfterMs }) => notAfterMs < nowMs);
  const sinceMs = Math.max(...expired.map(({ notAfterMs }) => notAfterMs + 1));
  return narrow(spanOf([anchor.certificate]), { ...endlessSpan, validFromMs: sinceMs });
}

/** A token is judged whether it is needed or not, so that its own end is an end of the answer. */
function spanOfTimestamp({ path, earliestMs }: CheckedTimestamp): PathSpan {
  return narrow(path ?? endlessSpan, { ...endlessSpan, validFromMs: earliestMs - clockSkewMs });
}
