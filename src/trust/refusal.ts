/**
 * Every way trust says no, each with its own stable code: an interface for scripts, tests and the audit trail.
 * The value is the error class the code belongs to (it decides the exit code). Inside the room a refusal is thrown;
 * the public functions return it as data.
 */
import { type ErrorCode, ThemisError } from '../kernel/error.ts';
import type { Finding } from '../kernel/finding.ts';

const errorOf = {
  // encoding
  DER_TOO_LARGE: 'SIGNATURE_MALFORMED',
  DER_TOO_DEEP: 'SIGNATURE_MALFORMED',
  DER_TOO_MANY: 'SIGNATURE_MALFORMED',
  DER_TRUNCATED: 'SIGNATURE_MALFORMED',
  DER_TRAILING_BYTES: 'SIGNATURE_MALFORMED',
  DER_LENGTH_INDEFINITE: 'SIGNATURE_MALFORMED',
  DER_LENGTH_NOT_MINIMAL: 'SIGNATURE_MALFORMED',
  DER_TAG: 'SIGNATURE_MALFORMED',
  DER_UNEXPECTED: 'SIGNATURE_MALFORMED',
  DER_VALUE: 'SIGNATURE_MALFORMED',
  DER_SET_ORDER: 'SIGNATURE_MALFORMED',
  // algorithms and keys
  ALGORITHM_UNSUPPORTED: 'SIGNATURE_INVALID',
  ALGORITHM_PARAMETERS: 'SIGNATURE_INVALID',
  KEY_UNSUPPORTED: 'CERTIFICATE_INVALID',
  KEY_MALFORMED: 'CERTIFICATE_INVALID',
  KEY_WEAK: 'CERTIFICATE_INVALID',
  KEY_EXPONENT: 'CERTIFICATE_INVALID',
  // signed data
  CMS_NOT_SIGNED_DATA: 'SIGNATURE_MALFORMED',
  CMS_VERSION: 'SIGNATURE_MALFORMED',
  CMS_CONTENT_TYPE: 'SIGNATURE_INVALID',
  CMS_EMBEDDED_CONTENT: 'SIGNATURE_INVALID',
  CMS_CERTIFICATE_FORMAT: 'SIGNATURE_MALFORMED',
  CMS_CERTIFICATE_LIMIT: 'SIGNATURE_MALFORMED',
  CMS_CERTIFICATE_REPEATED: 'SIGNATURE_MALFORMED',
  CMS_CERTIFICATE_UNUSED: 'SIGNATURE_INVALID',
  CMS_REVOCATION_UNSUPPORTED: 'SIGNATURE_INVALID',
  CMS_SIGNER_ABSENT: 'UNSIGNED',
  CMS_SIGNER_LIMIT: 'SIGNATURE_INVALID',
  CMS_SIGNER_TOO_FEW: 'SIGNATURE_INVALID',
  CMS_SIGNER_REPEATED: 'SIGNATURE_INVALID',
  CMS_SIGNER_UNKNOWN: 'SIGNER_UNTRUSTED',
  CMS_SIGNER_AMBIGUOUS: 'SIGNER_UNTRUSTED',
  CMS_SIGNED_ATTRIBUTES_MISSING: 'SIGNATURE_INVALID',
  CMS_ATTRIBUTE_REPEATED: 'SIGNATURE_INVALID',
  CMS_ATTRIBUTE_VALUES: 'SIGNATURE_INVALID',
  CMS_CONTENT_TYPE_MISSING: 'SIGNATURE_INVALID',
  CMS_CONTENT_TYPE_MISMATCH: 'SIGNATURE_INVALID',
  CMS_MESSAGE_DIGEST_MISSING: 'SIGNATURE_INVALID',
  CMS_MESSAGE_DIGEST_MISMATCH: 'SIGNATURE_INVALID',
  CMS_UNSIGNED_ATTRIBUTES: 'SIGNATURE_INVALID',
  CMS_DIGEST_UNLISTED: 'SIGNATURE_INVALID',
  CMS_DIGEST_MISMATCH: 'SIGNATURE_INVALID',
  CMS_SIGNATURE_INVALID: 'SIGNATURE_INVALID',
  // certificates
  CERT_VERSION: 'CERTIFICATE_INVALID',
  CERT_SERIAL: 'CERTIFICATE_INVALID',
  CERT_VALIDITY: 'CERTIFICATE_INVALID',
  CERT_ALGORITHM_MISMATCH: 'CERTIFICATE_INVALID',
  CERT_EXTENSION_REPEATED: 'CERTIFICATE_INVALID',
  CERT_EXTENSION_CRITICAL: 'CERTIFICATE_INVALID',
  CERT_EXTENSION_UNSUPPORTED: 'CERTIFICATE_INVALID',
  CERT_SIGNATURE_INVALID: 'CERTIFICATE_INVALID',
  CERT_NOT_YET_VALID: 'CERTIFICATE_INVALID',
  CERT_EXPIRED: 'CERTIFICATE_INVALID',
  CERT_NOT_CA: 'CERTIFICATE_INVALID',
  CERT_PATH_LENGTH: 'CERTIFICATE_INVALID',
  CERT_KEY_USAGE_CERT_SIGN: 'CERTIFICATE_INVALID',
  CERT_KEY_USAGE_DIGITAL_SIGNATURE: 'CERTIFICATE_INVALID',
  CERT_EKU_MISSING: 'CERTIFICATE_INVALID',
  CERT_EKU_ANY: 'CERTIFICATE_INVALID',
  CERT_EKU_NOT_CODE_SIGNING: 'CERTIFICATE_INVALID',
  CERT_EKU_NARROWED: 'CERTIFICATE_INVALID',
  CERT_LEAF_IS_CA: 'CERTIFICATE_INVALID',
  // path to an anchor
  PATH_NO_ANCHOR: 'SIGNER_UNTRUSTED',
  PATH_SELF_SIGNED: 'SIGNER_UNTRUSTED',
  PATH_TOO_LONG: 'SIGNER_UNTRUSTED',
  PATH_TOO_COMPLEX: 'SIGNER_UNTRUSTED',
  ANCHOR_KEY_MISMATCH: 'SIGNER_UNTRUSTED',
  ANCHOR_EXPIRED: 'SIGNER_UNTRUSTED',
  ANCHOR_NOT_YET_VALID: 'SIGNER_UNTRUSTED',
  // anchors file
  ANCHORS_MALFORMED: 'ANCHORS_INVALID',
  ANCHORS_VERSION: 'ANCHORS_INVALID',
  ANCHOR_REPEATED: 'ANCHORS_INVALID',
  ANCHOR_CERTIFICATE: 'ANCHORS_INVALID',
  ANCHOR_NOT_CA: 'ANCHORS_INVALID',
  // releases
  RELEASE_UNSIGNED: 'UNSIGNED',
  MANIFEST_MISSING: 'NOT_FOUND',
  MANIFEST_INVALID: 'MANIFEST_INVALID',
  MANIFEST_HASH_MISMATCH: 'MANIFEST_HASH_MISMATCH',
  MANIFEST_PATH_UNSAFE: 'UNSAFE_PATH',
  MANIFEST_PATH_COLLISION: 'PATH_CASE_COLLISION',
  RELEASE_PRODUCT: 'RELEASE_MISMATCH',
  RELEASE_PACKAGE: 'RELEASE_MISMATCH',
  RELEASE_VERSION: 'RELEASE_MISMATCH',
  RELEASE_OTHER_MANIFEST: 'RELEASE_MISMATCH',
  RELEASE_PLATFORM: 'PLATFORM_MISMATCH',
  RELEASE_ARCHITECTURE: 'PLATFORM_MISMATCH',
  RELEASE_EXPIRED: 'RELEASE_EXPIRED',
  RELEASE_SYMLINK: 'SYMLINK_REFUSED',
  RELEASE_SPECIAL_FILE: 'FILE_UNLISTED',
  RELEASE_FILE_UNLISTED: 'FILE_UNLISTED',
  RELEASE_FILE_MISSING: 'FILE_MISSING',
  RELEASE_FILE_SIZE: 'FILE_HASH_MISMATCH',
  RELEASE_FILE_HASH: 'FILE_HASH_MISMATCH',
  // index
  INDEX_UNSIGNED: 'UNSIGNED',
  INDEX_INVALID: 'INDEX_INVALID',
  INDEX_STALE: 'INDEX_STALE',
  INDEX_OTHER_MANIFEST: 'INDEX_INVALID',
} as const satisfies Record<string, ErrorCode>;

export type TrustCode = keyof typeof errorOf;

export interface Refusal {
  readonly ok: false;
  readonly code: TrustCode;
  /** Plain sentence for people; never the interface. */
  readonly message: string;
  /** All that is wrong with a manifest, where the refusal is about one. */
  readonly findings?: readonly Finding[];
}

/** Thrown inside the room only: `refusing` turns it into data. */
export function refuse(code: TrustCode, message: string): never {
  throw new ThemisError(errorOf[code], message, { reason: code });
}

/** Runs a check and returns its refusal as data. Anything but a refusal of this room goes on as the bug it is. */
export function refusing<T extends object>(check: () => T): (T & { readonly ok: true }) | Refusal {
  try {
    return { ...check(), ok: true };
  } catch (error) {
    const code = error instanceof ThemisError ? error.reason : undefined;
    if (code === undefined || !isTrustCode(code)) throw error;
    return { ok: false, code, message: (error as ThemisError).message };
  }
}

export function isTrustCode(text: string): text is TrustCode {
  return Object.hasOwn(errorOf, text);
}

export function trustCodes(): readonly TrustCode[] {
  return Object.keys(errorOf).filter(isTrustCode);
}

export function errorCodeOfRefusal(code: TrustCode): ErrorCode {
  return errorOf[code];
}

/** For rooms that stop at a refusal: the error says both codes, so that a journal or a reply keeps them. */
export function toTrustError(refusal: Omit<Refusal, 'ok'>, subject?: string): ThemisError {
  const prefix = subject === undefined ? '' : `${subject}: `;
  return new ThemisError(errorOf[refusal.code], `${prefix}${refusal.message} (${refusal.code})`, {
    reason: refusal.code,
  });
}
