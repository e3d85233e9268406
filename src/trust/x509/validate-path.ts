/**
 * Path validation (RFC 5280 6.1) as a checklist, from the anchor down to the leaf. The profile decides what the leaf may
 * be used for: `codeSigning` is the only one a command can reach; `timeStamping` is for the authority of a timestamp, whose
 * own certificate `timestamp/` judges; `rfc5280` asks for no purpose and exists for conformance data. What an anchor's own
 * certificate constrains holds below it. Revocation comes after (`revocation/`).
 */
import { refuse } from '../refusal.ts';
import { isIssuedBy, type Certificate } from './certificate.ts';
import type { CandidatePath } from './build-paths.ts';
import { checkNames } from './names/name-constraints.ts';
import { checkPolicies, type InitialPolicies } from './policies/policy-graph.ts';

export type Profile = 'codeSigning' | 'timeStamping' | 'rfc5280';

export const purposes = {
  any: '2.5.29.37.0',
  codeSigning: '1.3.6.1.5.5.7.3.3',
  timeStamping: '1.3.6.1.5.5.7.3.8',
} as const;
const purposeNames = { codeSigning: 'code signing', timeStamping: 'timestamps' } as const;

/** What the leaf does: sign content, or revocation lists on the way to another path (no purpose of the profile then). */
type LeafRole = 'signer' | 'list-signer';

export interface PathRules {
  /** The instant at which the certificates have to be valid. */
  readonly nowMs: number;
  readonly profile: Profile;
  readonly policies: InitialPolicies;
  readonly role: LeafRole;
}

/** Everything but revocation. Throws the refusal of the first check that fails. */
export function validatePath(path: CandidatePath, rules: PathRules): void {
  const { anchor, certificates } = path;
  const { nowMs, role } = rules;
  // Nobody signs lists for a purpose.
  const profile = role === 'signer' ? rules.profile : 'rfc5280';
  checkAnchor(anchor, nowMs);
  checkPurpose(anchor.certificate, profile);
  let issuer = anchor.certificate;
  let remaining = issuer.extensions.basicConstraints?.pathLength ?? Infinity;
  const constraining: Certificate[] = [];
  for (const certificate of certificates.toReversed()) {
    const isLeaf = certificate === certificates[0];
    checkSignature(certificate, issuer, issuer === anchor.certificate);
    checkTime(certificate, nowMs);
    checkExtensions(certificate);
    if (issuer.extensions.nameConstraints !== null) constraining.push(issuer);
    // RFC 5280 6.1.3 (b), (c): an authority's certificate for itself is left alone.
    if (isLeaf || !certificate.isSelfIssued) checkNames(certificate, constraining);
    if (isLeaf) {
      if (role === 'signer') checkLeaf(certificate, profile);
    } else {
      checkIssuer(certificate, profile);
      // RFC 5280 6.1.4 (l), (m): self-issued certificates do not count.
      if (!certificate.isSelfIssued) {
        if (remaining === 0)
          refuse(
            'CERT_PATH_LENGTH',
            `More certificates stand below an issuer of ${nameOf(certificate)} than it allows.`,
          );
        remaining -= 1;
      }
      remaining = Math.min(remaining, certificate.extensions.basicConstraints?.pathLength ?? Infinity);
    }
    issuer = certificate;
  }
  checkPolicies(anchor.certificate, certificates.toReversed(), rules.policies);
}

/** What a certificate has to be before its key signs anything, known without an anchor. Throws the refusal. */
export function checkSigningCertificate(certificate: Certificate, nowMs: number): void {
  checkTime(certificate, nowMs);
  checkExtensions(certificate);
  checkLeaf(certificate, 'codeSigning');
}

/** What an anchor's own certificate says of when it counts. */
export function checkAnchor(anchor: CandidatePath['anchor'], nowMs: number): void {
  if (nowMs < anchor.certificate.notBeforeMs)
    refuse('ANCHOR_NOT_YET_VALID', `Trust anchor ${anchor.name} is not valid yet.`);
  if (nowMs > anchor.certificate.notAfterMs) refuse('ANCHOR_EXPIRED', `Trust anchor ${anchor.name} has expired.`);
}

function checkSignature(certificate: Certificate, issuer: Certificate, isAnchor: boolean): void {
  if (certificate.issuer.key !== issuer.subject.key)
    refuse('PATH_NO_ANCHOR', `${nameOf(certificate)} was not issued by ${nameOf(issuer)}.`);
  if (isIssuedBy(certificate, issuer.key)) return;
  const wanted = certificate.extensions.authorityKeyId;
  const isStranger = isAnchor && wanted !== null && wanted !== issuer.extensions.subjectKeyId;
  if (isStranger) {
    refuse(
      'ANCHOR_KEY_MISMATCH',
      `${nameOf(certificate)} names the trust anchor ${nameOf(issuer)} but was signed with another key.`,
    );
  }
  refuse('CERT_SIGNATURE_INVALID', `The signature of ${nameOf(certificate)} was not made by ${nameOf(issuer)}.`);
}

function checkTime(certificate: Certificate, nowMs: number): void {
  if (nowMs < certificate.notBeforeMs)
    refuse('CERT_NOT_YET_VALID', `The certificate of ${nameOf(certificate)} is not valid yet.`);
  if (nowMs > certificate.notAfterMs) refuse('CERT_EXPIRED', `The certificate of ${nameOf(certificate)} has expired.`);
}

function checkExtensions(certificate: Certificate): void {
  const [critical] = certificate.extensions.unprocessedCritical;
  if (critical !== undefined)
    refuse(
      'CERT_EXTENSION_CRITICAL',
      `The certificate of ${nameOf(certificate)} carries the critical extension ${critical}, which is not processed.`,
    );
}

function checkIssuer(certificate: Certificate, profile: Profile): void {
  const { basicConstraints, keyUsage } = certificate.extensions;
  if (certificate.version !== 3)
    refuse('CERT_VERSION', `The issuer certificate of ${nameOf(certificate)} is not version 3.`);
  if (basicConstraints?.isCa !== true)
    refuse('CERT_NOT_CA', `${nameOf(certificate)} is not an authority but issued a certificate.`);
  const mayIssue = keyUsage === null ? profile === 'rfc5280' : keyUsage.keyCertSign;
  if (!mayIssue) refuse('CERT_KEY_USAGE_CERT_SIGN', `The key of ${nameOf(certificate)} may not sign certificates.`);
  checkPurpose(certificate, profile);
}

/** Purposes an authority names narrow what stands below it. */
function checkPurpose(certificate: Certificate, profile: Profile): void {
  const { extendedKeyUsage } = certificate.extensions;
  if (profile === 'rfc5280' || extendedKeyUsage === null) return;
  if (!extendedKeyUsage.includes(purposes[profile]) && !extendedKeyUsage.includes(purposes.any)) {
    refuse(
      'CERT_EKU_NARROWED',
      `The authority ${nameOf(certificate)} may not issue certificates for ${purposeNames[profile]}.`,
    );
  }
}

function checkLeaf(certificate: Certificate, profile: Profile): void {
  const { basicConstraints } = certificate.extensions;
  if (!maySign(certificate, profile))
    refuse('CERT_KEY_USAGE_DIGITAL_SIGNATURE', `The key of ${nameOf(certificate)} may not make signatures.`);
  if (profile === 'rfc5280') return;
  if (certificate.version !== 3) refuse('CERT_VERSION', `The certificate of ${nameOf(certificate)} is not version 3.`);
  if (basicConstraints?.isCa === true)
    refuse(
      'CERT_LEAF_IS_CA',
      `${nameOf(certificate)} is an authority; nothing but certificates is signed with its key.`,
    );
  if (profile === 'codeSigning') checkCodeSigning(certificate);
}

/**
 * RFC 5280 4.2.1.12: with the purpose of timestamps goes digitalSignature, nonRepudiation (contentCommitment) or both; RFC
 * 3161 2.3 asks for no key usage. Code is signed by nobody who does not say that it may be.
 */
function maySign({ extensions: { keyUsage } }: Certificate, profile: Profile): boolean {
  if (keyUsage === null) return profile !== 'codeSigning';
  return keyUsage.digitalSignature || (profile === 'timeStamping' && keyUsage.contentCommitment);
}

function checkCodeSigning(certificate: Certificate): void {
  const { extendedKeyUsage } = certificate.extensions;
  if (extendedKeyUsage === null)
    refuse('CERT_EKU_MISSING', `The certificate of ${nameOf(certificate)} names no purpose; code signing is needed.`);
  if (extendedKeyUsage.includes(purposes.any))
    refuse(
      'CERT_EKU_ANY',
      `The certificate of ${nameOf(certificate)} is for any purpose; code signing has to be named alone.`,
    );
  if (!extendedKeyUsage.includes(purposes.codeSigning))
    refuse('CERT_EKU_NOT_CODE_SIGNING', `The certificate of ${nameOf(certificate)} is not for code signing.`);
}

export function nameOf(certificate: Certificate): string {
  return certificate.subject.isEmpty ? `serial ${certificate.serial}` : certificate.subject.text;
}
