/** How signatures are made: the algorithms Themis signs with. What it verifies is trust's to say. */
export const signingAlgorithms = [
  'rsa-sha256',
  'rsa-pss-sha256',
  'ecdsa-p256-sha256',
  'ecdsa-p384-sha384',
  'ed25519',
] as const;
export type SigningAlgorithm = (typeof signingAlgorithms)[number];

/** What the signer hashes before it signs; null for Ed25519, which signs the bytes themselves (RFC 8032 5.1). */
export const hashOfAlgorithm = {
  'rsa-sha256': 'sha256',
  'rsa-pss-sha256': 'sha256',
  'ecdsa-p256-sha256': 'sha256',
  'ecdsa-p384-sha384': 'sha384',
  ed25519: null,
} as const satisfies Record<SigningAlgorithm, 'sha256' | 'sha384' | null>;
