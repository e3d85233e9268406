/** Certificate revocation lists (RFC 5280 5.1), parsed strictly; who signed them and whether they are current is for the path. */
import type { Digest } from '../../kernel/digest.ts';

export interface CertificateList {
  readonly bytes: Uint8Array;
  /** SHA-256 of the bytes. */
  readonly fingerprint: Digest;
}
