/**
 * A signer whose key lies in a PEM file. The key stays inside this closure; it has to belong to the certificate, and the
 * file has to be its owner's alone.
 */
import { createPrivateKey, createPublicKey, type KeyObject, sign, X509Certificate } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { ThemisError } from '../../kernel/error.ts';
import type { Signer } from '../../ports/signer.ts';

export interface SoftwareSignerFiles {
  /** PKCS#8 PEM. */
  readonly key: string;
  /** PEM, signer's certificate first. */
  readonly certificate: string;
}

/** Throws NOT_FOUND, IO or POLICY_REFUSED. */
export function openSoftwareSigner(files: SoftwareSignerFiles): Signer {
  refuseSharedKey(files.key);
  const key = parseKey(readText(files.key, 'key'), files.key);
  const chain = parseChain(readText(files.certificate, 'certificate'), files.certificate);
  const algorithm = algorithmOf(key, files.key);
  if (!createPublicKey(key).equals(chain[0]!.publicKey)) {
    throw new ThemisError(
      'POLICY_REFUSED',
      `The key in ${files.key} does not belong to the first certificate in ${files.certificate}.`,
      {
        hint: 'Put the certificate of the signing key first in the file.',
      },
    );
  }
  return {
    chain: chain.map((certificate) => certificate.raw),
    algorithm,
    sign: async (bytes) => sign('sha256', bytes, key),
  };
}

function algorithmOf(key: KeyObject, path: string): Signer['algorithm'] {
  const details = key.asymmetricKeyDetails;
  if (key.asymmetricKeyType === 'rsa' && (details?.modulusLength ?? 0) >= 2048) return 'rsa-sha256';
  if (key.asymmetricKeyType === 'ec' && details?.namedCurve === 'prime256v1') return 'ecdsa-p256-sha256';
  throw new ThemisError(
    'POLICY_REFUSED',
    `The key in ${path} is neither RSA with at least 2048 bits nor ECDSA on P-256.`,
  );
}

/** A private key that others can read is not private. */
function refuseSharedKey(path: string): void {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined || process.platform === 'win32' || (stat.mode & 0o077) === 0) return;
  throw new ThemisError(
    'POLICY_REFUSED',
    `The key in ${path} can be read by others (mode ${(stat.mode & 0o777).toString(8).padStart(4, '0')}).`,
    {
      hint: `chmod 600 ${path}`,
    },
  );
}

function parseKey(text: string, path: string): KeyObject {
  try {
    return createPrivateKey(text);
  } catch {
    // The cause would quote key material in some formats.
    throw new ThemisError('POLICY_REFUSED', `${path} holds no private key in PEM without a passphrase.`);
  }
}

function parseChain(text: string, path: string): X509Certificate[] {
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/gu) ?? [];
  try {
    const chain = blocks.map((block) => new X509Certificate(block));
    if (chain.length > 0) return chain;
  } catch (error) {
    throw new ThemisError('POLICY_REFUSED', `${path} holds a certificate that cannot be read.`, { cause: error });
  }
  throw new ThemisError('POLICY_REFUSED', `${path} holds no certificate in PEM.`);
}

function readText(path: string, what: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const isAbsent = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    throw new ThemisError(isAbsent ? 'NOT_FOUND' : 'IO', `Cannot read the ${what} ${path}.`, { cause: error });
  }
}
