import { createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** DER: a revocation list of the development authority in a keys directory over one of the certificates there. */
export async function revoking(keys: string, name: string, nowMs: number): Promise<Uint8Array> {
  await import('reflect-metadata');
  const x509 = await import('@peculiar/x509');
  const key = createPrivateKey(readFileSync(join(keys, 'ca.key.pem'), 'utf8'));
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const signingKey = await crypto.subtle.importKey(
    'pkcs8',
    Uint8Array.from(key.export({ format: 'der', type: 'pkcs8' })),
    algorithm,
    false,
    ['sign'],
  );
  const authority = new x509.X509Certificate(readFileSync(join(keys, 'ca.certificate.pem'), 'utf8'));
  const revoked = new x509.X509Certificate(readFileSync(join(keys, name), 'utf8'));
  const thisUpdate = new Date(nowMs - 60_000);
  const list = await x509.X509CrlGenerator.create({
    issuer: authority.subject,
    thisUpdate,
    nextUpdate: new Date(nowMs + 86_400_000),
    entries: [
      { serialNumber: revoked.serialNumber, revocationDate: thisUpdate, reason: x509.X509CrlReason.keyCompromise },
    ],
    // CRL number 1.
    extensions: [
      await x509.AuthorityKeyIdentifierExtension.create(authority.publicKey),
      new x509.Extension('2.5.29.20', false, Uint8Array.of(2, 1, 1)),
    ],
    signingAlgorithm: algorithm,
    signingKey,
  });
  return new Uint8Array(list.rawData);
}
