import { refuse } from '../refusal.ts';
import type { Certificate } from '../x509/certificate.ts';
import type { FoundPath } from '../x509/revocation/context.ts';
import { nameOf } from '../x509/validate-path.ts';
import type { SignedData } from './read-signed-data.ts';

/** Nothing unverified rides along: every certificate has a part in the verification, every digest is in use. */
export function checkNothingElse(data: SignedData, withPart: readonly Certificate[]): void {
  const used = new Set(withPart.map((certificate) => certificate.fingerprint));
  const stranger = data.certificates.find((certificate) => !used.has(certificate.fingerprint));
  if (stranger !== undefined)
    refuse(
      'CMS_CERTIFICATE_UNUSED',
      `The signature carries the certificate of ${nameOf(stranger)}, which has no part in it.`,
    );
  const digests = new Set(data.signers.map((info) => info.digest));
  for (const digest of data.digests) {
    if (!digests.has(digest)) refuse('CMS_DIGEST_UNLISTED', `The signature lists ${digest} without using it.`);
  }
}

/** What was validated on the way to an anchor, that of the anchor itself included. */
export function certificatesOf({ anchor, certificates, supporting }: FoundPath): readonly Certificate[] {
  return [anchor.certificate, ...certificates, ...supporting];
}
