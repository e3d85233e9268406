import type { SigningAlgorithm } from '../model/signing.ts';

/**
 * Holds a private key and its certificate chain; the key never leaves it. Throws ThemisError: POLICY_REFUSED where the
 * key may not be used or does not fit, NOT_FOUND, SIGNER_FAILED, RUNTIME_MISSING, TIMEOUT, UNREACHABLE or IO.
 */
export interface Signer {
  /** DER certificates, signer first. */
  readonly chain: readonly Uint8Array[];
  readonly algorithm: SigningAlgorithm;
  /**
   * Signature over the bytes, which the signer hashes as its algorithm says. RSA as long as the modulus (PSS: MGF1 with
   * the same hash, salt as long as the hash), ECDSA as DER of r and s, Ed25519 64 bytes.
   */
  sign(bytes: Uint8Array): Promise<Uint8Array>;
}
