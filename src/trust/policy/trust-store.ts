/**
 * What a verifier knows beforehand: whom it believes and which certificates were withdrawn. It is the machine's own;
 * nothing that arrives with a release adds to it.
 */
import type { CertificateList } from '../x509/certificate-list.ts';
import type { AnchorSet } from './anchors.ts';

export interface TrustStore {
  readonly anchors: AnchorSet;
  /** At hand, whoever issued them: which of them holds for a certificate is for the path to say. */
  readonly crls: readonly CertificateList[];
}
