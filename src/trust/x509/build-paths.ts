/**
 * Candidate paths from a certificate to an anchor, by name alone: what is likely comes first (key identifiers are
 * hints), every path ends at an anchor, no certificate, and no pair of subject and key, appears twice. Which of them
 * holds is for `validate-path.ts`. Depth and number are bounded, whatever the certificates say.
 */
import type { Anchor } from '../policy/anchors.ts';
import type { Certificate } from './certificate.ts';
import { sameKey } from './public-key.ts';

export interface CandidatePath {
  /** Leaf first; the anchor's own certificate is not part of it. */
  readonly certificates: readonly Certificate[];
  readonly anchor: Anchor;
}

export interface PathSearch {
  readonly paths: readonly CandidatePath[];
  /** Some authority was issued by one that stands below it. */
  readonly hitLoop: boolean;
  /** The search gave up at the depth limit somewhere. */
  readonly hitDepth: boolean;
  /** The search gave up at the limit of steps: there may be paths it has not seen. */
  readonly hitSteps: boolean;
}

/** Certificates below the anchor. */
export const maxPathCertificates = 8;
const maxSteps = 256;

export function buildPaths(leaf: Certificate, pool: readonly Certificate[], anchors: readonly Anchor[]): PathSearch {
  const paths: CandidatePath[] = [];
  let steps = 0;
  let hitLoop = false;
  let hitDepth = false;
  const pending: (readonly Certificate[])[] = [[leaf]];
  for (let path = pending.pop(); path !== undefined && steps < maxSteps; path = pending.pop()) {
    steps += 1;
    const last = path.at(-1)!;
    for (const anchor of likelyFirst(last, anchors, (candidate) => candidate.certificate)) {
      paths.push({ certificates: path, anchor });
    }
    const named = likelyFirst(last, pool, (candidate) => candidate);
    const issuers = named.filter((issuer) => !isRepeated(issuer, path));
    hitLoop ||= named.some((issuer) => isRepeated(issuer, path.slice(0, -1)));
    if (path.length === maxPathCertificates) {
      hitDepth ||= issuers.length > 0;
      continue;
    }
    for (const issuer of issuers.reverse()) pending.push([...path, issuer]);
  }
  return { paths, hitLoop, hitDepth, hitSteps: steps === maxSteps && pending.length > 0 };
}

/** Those named as the issuer; those whose key identifier fits before the rest. */
function likelyFirst<T>(
  subject: Certificate,
  candidates: readonly T[],
  certificateOf: (candidate: T) => Certificate,
): T[] {
  const named = candidates.filter((candidate) => certificateOf(candidate).subject.key === subject.issuer.key);
  const wanted = subject.extensions.authorityKeyId;
  if (wanted === null) return named;
  const fits = (candidate: T): boolean => certificateOf(candidate).extensions.subjectKeyId === wanted;
  return [...named.filter(fits), ...named.filter((candidate) => !fits(candidate))];
}

function isRepeated(issuer: Certificate, path: readonly Certificate[]): boolean {
  return path.some(
    (known) =>
      known.fingerprint === issuer.fingerprint ||
      (known.subject.key === issuer.subject.key && sameKey(known.key, issuer.key)),
  );
}
