import { type KeyObject, X509Certificate } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { ThemisError } from '../../kernel/error.ts';
import type { SigningAlgorithm } from '../../model/signing.ts';

/** PEM certificates, the signer's first. `place` names where they came from. Throws POLICY_REFUSED. */
export function parseChain(text: string, place: string): X509Certificate[] {
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/gu) ?? [];
  try {
    const chain = blocks.map((block) => new X509Certificate(block));
    if (chain.length > 0) return chain;
  } catch (error) {
    throw new ThemisError('POLICY_REFUSED', `${place} holds a certificate that cannot be read.`, { cause: error });
  }
  throw new ThemisError('POLICY_REFUSED', `${place} holds no certificate in PEM.`);
}

/** Throws NOT_FOUND or IO. */
export function readSignerFile(path: string, what: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const isAbsent = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    throw new ThemisError(isAbsent ? 'NOT_FOUND' : 'IO', `Cannot read the ${what} ${path}.`, { cause: error });
  }
}

/** What others can read is not private. `subject` begins the sentence: `The key in`. Throws POLICY_REFUSED. */
export function refuseShared(path: string, subject: string): void {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined || process.platform === 'win32' || (stat.mode & 0o077) === 0) return;
  throw new ThemisError(
    'POLICY_REFUSED',
    `${subject} ${path} can be read by others (mode ${(stat.mode & 0o777).toString(8).padStart(4, '0')}).`,
    {
      hint: `chmod 600 ${path}`,
    },
  );
}

/** The algorithm a key signs with; RSA keys have two. Undefined for keys that Themis does not sign with. */
export function algorithmOfKey(key: KeyObject, pss: boolean): SigningAlgorithm | undefined {
  const details = key.asymmetricKeyDetails;
  switch (key.asymmetricKeyType) {
    case 'rsa':
      if ((details?.modulusLength ?? 0) < 2048) return undefined;
      return pss ? 'rsa-pss-sha256' : 'rsa-sha256';
    case 'ec':
      if (details?.namedCurve === 'prime256v1') return 'ecdsa-p256-sha256';
      return details?.namedCurve === 'secp384r1' ? 'ecdsa-p384-sha384' : undefined;
    case 'ed25519':
      return 'ed25519';
    default:
      return undefined;
  }
}

export const signingKeys = 'RSA with at least 2048 bits, ECDSA on P-256 or P-384, or Ed25519';
