/**
 * A signer whose key lies in a PEM file. The key stays inside this closure; it has to belong to the certificate, and the
 * file has to be its owner's alone.
 */
import { constants, createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto';
import { ThemisError } from '../../kernel/error.ts';
import { hashOfAlgorithm, type SigningAlgorithm } from '../../model/signing.ts';
import type { Signer } from '../../ports/signer.ts';
import { algorithmOfKey, parseChain, readSignerFile, refuseShared, signingKeys } from './signer-files.ts';

export interface SoftwareSignerFiles {
  /** PKCS#8 PEM. */
  readonly key: string;
  /** PEM, signer's certificate first. */
  readonly certificate: string;
  /** RSA keys: PSS instead of PKCS#1 v1.5. */
  readonly pss?: boolean;
}

/** Throws NOT_FOUND, IO or POLICY_REFUSED. */
export function openSoftwareSigner(files: SoftwareSignerFiles): Signer {
  refuseShared(files.key, 'The key in');
  const key = parseKey(readSignerFile(files.key, 'key'), files.key);
  const chain = parseChain(readSignerFile(files.certificate, 'certificate'), files.certificate);
  const algorithm = algorithmOfKey(key, files.pss ?? false);
  if (algorithm === undefined) {
    throw new ThemisError('POLICY_REFUSED', `The key in ${files.key} is not ${signingKeys}.`);
  }
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
    sign: async (bytes) => sign(hashOfAlgorithm[algorithm], bytes, signingInput(key, algorithm)),
  };
}

function signingInput(key: KeyObject, algorithm: SigningAlgorithm): Parameters<typeof sign>[2] {
  if (algorithm !== 'rsa-pss-sha256') return key;
  return { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
}

function parseKey(text: string, path: string): KeyObject {
  try {
    return createPrivateKey(text);
  } catch {
    // The cause would quote key material in some formats.
    throw new ThemisError('POLICY_REFUSED', `${path} holds no private key in PEM without a passphrase.`);
  }
}
