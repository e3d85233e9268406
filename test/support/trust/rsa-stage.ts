/**
 * What bad signatures are made from: an authority, a signer under it and content, all RSA, because that is what every
 * implementation they are compared with can read. A fixture changes one thing.
 */
import { parseAnchors } from '../../../src/trust/policy/anchors.ts';
import type { TrustStore } from '../../../src/trust/policy/trust-store.ts';
import type { TrustCode } from '../../../src/trust/refusal.ts';
import { time } from '../der.ts';
import * as pki from '../pki.ts';
import type { BadFixture, BadSignature } from './bad-fixture.ts';

export const content = Buffer.from('{"package":"themisdb","version":"1.5.0"}\n');
export const rootKey = (): pki.KeyPair => pki.keyPair('root', 'rsa2048');
export const leafKey = (): pki.KeyPair => pki.keyPair('leaf', 'rsa2048');

export const dayMs = 86_400_000;

/** Valid for longer than what stands below it. */
export function root(options: pki.CertificateOptions = {}): Uint8Array {
  const validity = { notBefore: time(pki.nowMs - 400 * dayMs), notAfter: time(pki.nowMs + 400 * dayMs) };
  return pki.rootCertificate({ key: rootKey(), ...validity, ...options });
}

export function leaf(options: pki.CertificateOptions = {}): Uint8Array {
  return pki.certificate({ key: leafKey(), issuerKey: rootKey(), ...options });
}

export function signer(options: pki.SignerOptions = {}): Uint8Array {
  return pki.signerInfo(content, { key: leafKey(), ...options });
}

export function signed(options: pki.SignedDataOptions = {}): Uint8Array {
  return pki.signedData(content, { certificates: [leaf()], signers: [signer()], ...options });
}

/** One signer, changed. */
export function signedBy(options: pki.SignerOptions, around: pki.SignedDataOptions = {}): Uint8Array {
  return signed({ signers: [signer(options)], ...around });
}

/** A signer of another kind of key, under the same authority. */
export function signedWithKey(
  key: pki.KeyPair,
  signerOptions: pki.SignerOptions = {},
  certificateOptions: pki.CertificateOptions = {},
  around: pki.SignedDataOptions = {},
): Uint8Array {
  return signed({
    certificates: [leaf({ key, ...certificateOptions })],
    signers: [signer({ key, ...signerOptions })],
    ...around,
  });
}

export function trustOf(...files: Parameters<typeof pki.anchorsFile>): TrustStore {
  const parsed = parseAnchors(pki.anchorsFile(...files));
  if (!parsed.ok) throw new Error(parsed.message);
  return { anchors: parsed.anchors, crls: [] };
}

/** `make` gives the signature alone, or with whatever is not as usual. */
export function bad(
  code: TrustCode,
  id: string,
  what: string,
  make: () => Uint8Array | (Pick<BadSignature, 'signature'> & Partial<BadSignature>),
): BadFixture {
  return {
    id,
    code,
    what,
    make() {
      const made = make();
      const over = made instanceof Uint8Array ? { signature: made } : made;
      return { content, trust: over.trust ?? trustOf([root()]), nowMs: pki.nowMs, ...over };
    },
  };
}
