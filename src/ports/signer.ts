/** Holds a private key and its certificate chain; the key never leaves it. Throws ThemisError IO or POLICY_REFUSED. */
export interface Signer {
  /** DER certificates, signer first. */
  readonly chain: readonly Uint8Array[];
  readonly algorithm: 'rsa-sha256' | 'ecdsa-p256-sha256';
  /** Signature over the bytes (hashed with SHA-256 by the signer): PKCS#1 v1.5, or ECDSA in DER. */
  sign(bytes: Uint8Array): Promise<Uint8Array>;
}
