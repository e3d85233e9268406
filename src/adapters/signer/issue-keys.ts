/**
 * Developer keys: an authority of one's own, a code-signing certificate under it, and the anchors file that makes nodes
 * believe it. Purposes, key usage and constraints are the ones verification asks for. For production the same files come
 * from an authority that keeps its key in hardware.
 */
import { getRandomValues, type webcrypto } from 'node:crypto';
import { ThemisError } from '../../kernel/error.ts';

export const keyAlgorithms = ['ecdsa-p256', 'ecdsa-p384', 'ed25519', 'rsa-3072'] as const;
export type KeyAlgorithm = (typeof keyAlgorithms)[number];

export interface IssueOptions {
  /** Common name of the authority; the signer is named after it. */
  readonly name: string;
  readonly algorithm: KeyAlgorithm;
  readonly nowMs: number;
  readonly caValidMs: number;
  readonly signerValidMs: number;
}

/** PEM texts; keys are PKCS#8 without a passphrase. */
export interface IssuedKeys {
  readonly caKey: string;
  readonly caCertificate: string;
  readonly signerKey: string;
  readonly signerCertificate: string;
  /** Content of `anchors.json`. */
  readonly anchors: string;
}

// Clocks of nodes may be behind; a certificate that is not valid yet would stop them for no reason.
const backdatedMs = 3_600_000;
const codeSigning = '1.3.6.1.5.5.7.3.3';

const parameters = {
  'ecdsa-p256': { generate: { name: 'ECDSA', namedCurve: 'P-256' }, sign: { name: 'ECDSA', hash: 'SHA-256' } },
  'ecdsa-p384': { generate: { name: 'ECDSA', namedCurve: 'P-384' }, sign: { name: 'ECDSA', hash: 'SHA-384' } },
  ed25519: { generate: { name: 'Ed25519' }, sign: { name: 'Ed25519' } },
  'rsa-3072': {
    generate: {
      name: 'RSASSA-PKCS1-v1_5',
      modulusLength: 3072,
      publicExponent: Uint8Array.of(1, 0, 1),
      hash: 'SHA-256',
    },
    sign: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
  },
} as const;

export async function issueKeys(options: IssueOptions): Promise<IssuedKeys> {
  checkName(options.name);
  await import('reflect-metadata');
  const x509 = await import('@peculiar/x509');
  const ca = await generate(options.algorithm);
  const signer = await generate(options.algorithm);
  const signingAlgorithm = parameters[options.algorithm].sign;
  const notBefore = new Date(options.nowMs - backdatedMs);
  const caName = distinguishedName(options.name);
  const caCertificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: caName,
    notBefore,
    notAfter: new Date(options.nowMs + options.caValidMs),
    keys: ca,
    signingAlgorithm,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(ca.publicKey),
    ],
  });
  const signerCertificate = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    issuer: caName,
    subject: distinguishedName(`${options.name} release signer`),
    notBefore,
    notAfter: new Date(options.nowMs + Math.min(options.signerValidMs, options.caValidMs)),
    publicKey: signer.publicKey,
    signingKey: ca.privateKey,
    signingAlgorithm,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([codeSigning], true),
      await x509.SubjectKeyIdentifierExtension.create(signer.publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(ca.publicKey),
    ],
  });
  return {
    caKey: await privatePem(ca.privateKey),
    caCertificate: certificatePem(caCertificate.rawData),
    signerKey: await privatePem(signer.privateKey),
    signerCertificate: certificatePem(signerCertificate.rawData),
    anchors: anchorsText(options.name, certificatePem(caCertificate.rawData)),
  };
}

async function generate(algorithm: KeyAlgorithm): Promise<webcrypto.CryptoKeyPair> {
  return (await crypto.subtle.generateKey(parameters[algorithm].generate, true, [
    'sign',
    'verify',
  ])) as webcrypto.CryptoKeyPair;
}

/** 127 random bits: positive, and never two alike. */
function serialNumber(): string {
  const bytes = getRandomValues(new Uint8Array(16));
  bytes[0] = (bytes[0]! & 0x7f) | 0x40;
  return Buffer.from(bytes).toString('hex');
}

/** As an attribute of its own, so that nothing in it is read as another part of a name. */
function distinguishedName(commonName: string): { CN: string[] }[] {
  return [{ CN: [commonName] }];
}

/** With what is added to it the common name stays below the 64 characters of X.520. */
function checkName(name: string): void {
  if (/^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,47}$/u.test(name)) return;
  throw new ThemisError('USAGE', `"${name}" cannot name an authority.`, {
    hint: 'Use at most 48 letters, digits, spaces, dots, dashes and underscores.',
  });
}

async function privatePem(key: CryptoKey): Promise<string> {
  return pem('PRIVATE KEY', new Uint8Array(await crypto.subtle.exportKey('pkcs8', key)));
}

function certificatePem(bytes: ArrayBuffer): string {
  return pem('CERTIFICATE', new Uint8Array(bytes));
}

function pem(label: string, bytes: Uint8Array): string {
  const lines = Buffer.from(bytes)
    .toString('base64')
    .replaceAll(/(.{64})(?=.)/gu, '$1\n');
  return `-----BEGIN ${label}-----\n${lines}\n-----END ${label}-----\n`;
}

function anchorsText(name: string, certificate: string): string {
  return `${JSON.stringify({ formatVersion: '1.0', anchors: [{ name, certificate }], threshold: 1 }, null, 2)}\n`;
}
