/**
 * Whether a revocation list that came beside an index takes its place among those at hand: complete, of an anchor that
 * is believed and signed by it, and newer than what is known of that anchor. Never an older one: that would bring a
 * withdrawn certificate back.
 */
import type { Digest } from '../../kernel/digest.ts';
import type { Refusal, TrustCode } from '../refusal.ts';
import { isIssuedBy } from '../x509/certificate.ts';
import { type CertificateList, parseCertificateList } from '../x509/certificate-list.ts';
import { mayAnchorSignLists } from '../x509/revocation/find-list-signer.ts';
import type { TrustStore } from './trust-store.ts';

export interface TakenList {
  readonly ok: true;
  readonly list: CertificateList | null;
  readonly covered: readonly Digest[];
}

/**
 * `list`: null where nothing newer is in it. `covered`: fingerprints of known lists that name nothing that it does not
 * name too; any other is kept beside it, since authorities drop from their lists what has expired. Lists of other issuers
 * than anchors are for people to put in place.
 */
export function takeList(bytes: Uint8Array, trust: TrustStore, nowMs: number): TakenList | Refusal {
  const parsed = parseCertificateList(bytes);
  if (!parsed.ok) return parsed;
  const { list } = parsed;
  const known = trust.crls.filter((each) => each.issuer.key === list.issuer.key && isComplete(each));
  if (known.some((each) => each.fingerprint === list.fingerprint)) return { ok: true, list: null, covered: [] };
  const named = trust.anchors.anchors.filter(({ certificate }) => certificate.subject.key === list.issuer.key);
  if (named.length === 0) return refusal('CRL_SIGNER_UNTRUSTED', 'The list is of no trust anchor.');
  const signer = named.find(({ certificate }) => isIssuedBy(list, certificate.key));
  if (signer === undefined) return refusal('CRL_SIGNATURE_INVALID', 'The list was not signed by the anchor it names.');
  if (!mayAnchorSignLists(signer.certificate))
    return refusal('CRL_SIGNER_USAGE', `The key of anchor ${signer.name} may not sign lists.`);
  if (!isComplete(list)) return refusal('CRL_SCOPE', 'The list covers a part only.');
  if (list.unprocessedCritical.length > 0)
    return refusal(
      'CRL_EXTENSION_CRITICAL',
      `The list carries ${list.unprocessedCritical[0]}, which is not processed.`,
    );
  if (list.thisUpdateMs > nowMs) return refusal('CRL_NOT_YET_VALID', 'The list is not valid yet.');
  if (!known.every((each) => isNewer(list, each))) return { ok: true, list: null, covered: [] };
  const covered = known.filter((each) => [...each.entries.keys()].every((serial) => list.entries.has(serial)));
  return { ok: true, list, covered: covered.map(({ fingerprint }) => fingerprint) };
}

function isComplete({ baseNumber, scope }: CertificateList): boolean {
  return baseNumber === null && scope === null;
}

/** By number where both have one, and never back in time. */
function isNewer(list: CertificateList, known: CertificateList): boolean {
  if (list.thisUpdateMs < known.thisUpdateMs) return false;
  if (list.number !== null && known.number !== null) return list.number > known.number;
  return known.number === null && list.thisUpdateMs > known.thisUpdateMs;
}

function refusal(code: TrustCode, message: string): Refusal {
  return { ok: false, code, message };
}
