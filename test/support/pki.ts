/**
 * Certificates and signatures of every kind, right and wrong, from their parts. Keys are made once per process: tests
 * care about structure, not about which key.
 */
import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { bits, boolean, der, explicit, integer, nullValue, octets, oid, sequence, setOf, time, utf8 } from './der.ts';

export const nowMs = Date.UTC(2026, 6, 1);
const dayMs = 86_400_000;

export interface KeyPair {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

const keys = new Map<string, KeyPair>();

/** The same name gives the same key. `kind`: `p256`, `p384`, `secp256k1`, `rsa2048`, `rsa1024`, `rsa2048e3`, `ed25519`. */
export function keyPair(name: string, kind = 'p256'): KeyPair {
  const known = keys.get(`${kind} ${name}`);
  if (known !== undefined) return known;
  const pair = generate(kind);
  keys.set(`${kind} ${name}`, pair);
  return pair;
}

function generate(kind: string): KeyPair {
  switch (kind) {
    case 'p256':
      return generateKeyPairSync('ec', { namedCurve: 'P-256' });
    case 'p384':
      return generateKeyPairSync('ec', { namedCurve: 'P-384' });
    case 'secp256k1':
      return generateKeyPairSync('ec', { namedCurve: 'secp256k1' });
    case 'ed25519':
      return generateKeyPairSync('ed25519');
    default: {
      const [, modulusLength, publicExponent] = /^rsa(\d+)(?:e(\d+))?$/u.exec(kind)!;
      return generateKeyPairSync('rsa', {
        modulusLength: Number(modulusLength),
        publicExponent: Number(publicExponent ?? 65_537),
      });
    }
  }
}

export const algorithms = {
  sha1: sequence(oid('1.3.14.3.2.26')),
  sha256: sequence(oid('2.16.840.1.101.3.4.2.1')),
  sha384: sequence(oid('2.16.840.1.101.3.4.2.2')),
  sha512: sequence(oid('2.16.840.1.101.3.4.2.3')),
  rsa: sequence(oid('1.2.840.113549.1.1.1'), nullValue()),
  rsaSha1: sequence(oid('1.2.840.113549.1.1.5'), nullValue()),
  rsaSha256: sequence(oid('1.2.840.113549.1.1.11'), nullValue()),
  rsaPss: sequence(oid('1.2.840.113549.1.1.10')),
  ecdsaSha256: sequence(oid('1.2.840.10045.4.3.2')),
  ed25519: sequence(oid('1.3.101.112')),
  ecdsaSha384: sequence(oid('1.2.840.10045.4.3.3')),
};

export const extensionOids = {
  subjectKeyId: '2.5.29.14',
  keyUsage: '2.5.29.15',
  basicConstraints: '2.5.29.19',
  nameConstraints: '2.5.29.30',
  authorityKeyId: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
};

export const purposeOids = {
  codeSigning: '1.3.6.1.5.5.7.3.3',
  serverAuth: '1.3.6.1.5.5.7.3.1',
  timeStamping: '1.3.6.1.5.5.7.3.8',
  any: '2.5.29.37.0',
};

export function name(commonName: string): Uint8Array {
  return sequence(setOf(sequence(oid('2.5.4.3'), utf8(commonName))));
}

export function spkiOf(pair: KeyPair): Uint8Array {
  return pair.publicKey.export({ format: 'der', type: 'spki' });
}

export function keyIdOf(pair: KeyPair): Uint8Array {
  return createHash('sha1').update(spkiOf(pair)).digest();
}

export function extension(id: string, value: Uint8Array, critical = false): Uint8Array {
  return critical ? sequence(oid(id), boolean(true), octets(value)) : sequence(oid(id), octets(value));
}

export const extensions = {
  ca: (pathLength?: number): Uint8Array =>
    extension(
      extensionOids.basicConstraints,
      sequence(boolean(true), ...(pathLength === undefined ? [] : [integer(pathLength)])),
      true,
    ),
  notCa: (): Uint8Array => extension(extensionOids.basicConstraints, sequence(), true),
  keyCertSign: (): Uint8Array => extension(extensionOids.keyUsage, bits(Uint8Array.of(0x06), 1), true),
  digitalSignature: (): Uint8Array => extension(extensionOids.keyUsage, bits(Uint8Array.of(0x80), 7), true),
  purposes: (...purposes: readonly string[]): Uint8Array =>
    extension(extensionOids.extendedKeyUsage, sequence(...purposes.map(oid))),
  subjectKeyId: (pair: KeyPair): Uint8Array => extension(extensionOids.subjectKeyId, octets(keyIdOf(pair))),
  authorityKeyId: (pair: KeyPair): Uint8Array =>
    extension(extensionOids.authorityKeyId, sequence(der(0x80, keyIdOf(pair)))),
};

export interface CertificateOptions {
  readonly subject?: Uint8Array;
  readonly issuer?: Uint8Array;
  readonly key?: KeyPair;
  readonly issuerKey?: KeyPair;
  readonly serial?: Uint8Array;
  readonly notBefore?: Uint8Array;
  readonly notAfter?: Uint8Array;
  readonly extensions?: readonly Uint8Array[];
  /** Elements before the serial number: the version. */
  readonly version?: readonly Uint8Array[];
  readonly spki?: Uint8Array;
  readonly algorithm?: Uint8Array;
  readonly innerAlgorithm?: Uint8Array;
  readonly hash?: string;
}

export function certificate(options: CertificateOptions = {}): Uint8Array {
  const key = options.key ?? keyPair('leaf');
  const issuerKey = options.issuerKey ?? keyPair('root');
  const algorithm = options.algorithm ?? defaultAlgorithm(issuerKey);
  const list = options.extensions ?? leafExtensions(key, issuerKey);
  const tbs = sequence(
    ...(options.version ?? [explicit(0, integer(2))]),
    options.serial ?? integer(4711),
    options.innerAlgorithm ?? algorithm,
    options.issuer ?? name('Root'),
    sequence(options.notBefore ?? time(nowMs - 30 * dayMs), options.notAfter ?? time(nowMs + 30 * dayMs)),
    options.subject ?? name('Signer'),
    options.spki ?? spkiOf(key),
    ...(list.length === 0 ? [] : [explicit(3, sequence(...list))]),
  );
  return sequence(tbs, algorithm, bits(signWith(issuerKey, options.hash ?? 'sha256')(tbs)));
}

export function defaultAlgorithm({ privateKey: { asymmetricKeyType } }: KeyPair): Uint8Array {
  if (asymmetricKeyType === 'ed25519') return algorithms.ed25519;
  return asymmetricKeyType === 'rsa' ? algorithms.rsaSha256 : algorithms.ecdsaSha256;
}

/** Ed25519 has no hash of its own to be told. */
function signWith({ privateKey }: KeyPair, hash: string): (bytes: Uint8Array) => Uint8Array {
  return (bytes) => sign(privateKey.asymmetricKeyType === 'ed25519' ? null : hash, bytes, privateKey);
}

export function leafExtensions(key: KeyPair, issuerKey: KeyPair): readonly Uint8Array[] {
  return [
    extensions.notCa(),
    extensions.digitalSignature(),
    extensions.purposes(purposeOids.codeSigning),
    extensions.subjectKeyId(key),
    extensions.authorityKeyId(issuerKey),
  ];
}

export function caExtensions(key: KeyPair, issuerKey: KeyPair, pathLength?: number): readonly Uint8Array[] {
  return [
    extensions.ca(pathLength),
    extensions.keyCertSign(),
    extensions.subjectKeyId(key),
    extensions.authorityKeyId(issuerKey),
  ];
}

let plainRoot: Uint8Array | undefined;

/** Without options always the same bytes: ECDSA would sign each copy anew. */
export function rootCertificate(options?: CertificateOptions): Uint8Array {
  if (options === undefined) return (plainRoot ??= rootCertificate({}));
  const key = options.key ?? keyPair('root');
  return certificate({
    subject: name('Root'),
    issuer: name('Root'),
    serial: integer(1),
    extensions: caExtensions(key, key),
    ...options,
    key,
    issuerKey: options.issuerKey ?? key,
  });
}

export function pem(certificateBytes: Uint8Array): string {
  const lines = Buffer.from(certificateBytes)
    .toString('base64')
    .replaceAll(/(.{64})(?=.)/gu, '$1\n');
  return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`;
}

export function anchorsFile(
  certificates: readonly Uint8Array[] = [rootCertificate()],
  threshold = 1,
  timestampCertificates: readonly Uint8Array[] = [],
): Uint8Array {
  const listed = (list: readonly Uint8Array[]): { name: string; certificate: string }[] =>
    list.map((bytes, index) => ({ name: `anchor-${index}`, certificate: pem(bytes) }));
  const timestampAnchors =
    timestampCertificates.length === 0 ? {} : { timestampAnchors: listed(timestampCertificates) };
  const file = { formatVersion: '1.0', anchors: listed(certificates), threshold, ...timestampAnchors };
  return Buffer.from(JSON.stringify(file));
}

export const attributeOids = {
  contentType: '1.2.840.113549.1.9.3',
  messageDigest: '1.2.840.113549.1.9.4',
  signingTime: '1.2.840.113549.1.9.5',
  countersignature: '1.2.840.113549.1.9.6',
  signingCertificate: '1.2.840.113549.1.9.16.2.12',
  signingCertificateV2: '1.2.840.113549.1.9.16.2.47',
  timestampToken: '1.2.840.113549.1.9.16.2.14',
};
const dataOid = '1.2.840.113549.1.7.1';

export function attribute(id: string, ...values: readonly Uint8Array[]): Uint8Array {
  return sequence(oid(id), setOf(...values));
}

export function standardAttributes(content: Uint8Array, hash = 'sha256'): readonly Uint8Array[] {
  return [
    attribute(attributeOids.contentType, oid(dataOid)),
    attribute(attributeOids.messageDigest, octets(createHash(hash).update(content).digest())),
    attribute(attributeOids.signingTime, time(nowMs)),
  ];
}

export interface SignerOptions {
  readonly key?: KeyPair;
  readonly version?: number;
  readonly id?: Uint8Array;
  readonly digest?: Uint8Array;
  readonly algorithm?: Uint8Array;
  readonly hash?: string;
  /** null: no signed attributes at all; the signature then covers the content. */
  readonly attributes?: readonly Uint8Array[] | null;
  readonly sorted?: boolean;
  /** After the signature: given its value. */
  readonly unsigned?: Uint8Array | ((signature: Uint8Array) => Uint8Array);
  readonly signature?: (bytes: Uint8Array) => Uint8Array;
}

export function signerInfo(content: Uint8Array, options: SignerOptions = {}): Uint8Array {
  const key = options.key ?? keyPair('leaf');
  const attributes = options.attributes === undefined ? standardAttributes(content, options.hash) : options.attributes;
  const set =
    attributes === null ? content : options.sorted === false ? der(0x31, ...attributes) : setOf(...attributes);
  const make = options.signature ?? signWith(key, options.hash ?? 'sha256');
  const signature = make(set);
  const { unsigned = [] } = options;
  const tagged = Uint8Array.from(set);
  tagged[0] = 0xa0;
  return sequence(
    integer(options.version ?? 1),
    options.id ?? sequence(name('Root'), integer(4711)),
    options.digest ?? algorithms.sha256,
    ...(attributes === null ? [] : [tagged]),
    options.algorithm ?? defaultAlgorithm(key),
    octets(signature),
    typeof unsigned === 'function' ? unsigned(signature) : Uint8Array.from(unsigned),
  );
}

export interface SignedDataOptions {
  readonly version?: number;
  readonly digests?: readonly Uint8Array[];
  readonly content?: Uint8Array;
  readonly certificates?: readonly Uint8Array[];
  readonly revocation?: Uint8Array;
  readonly signers?: readonly Uint8Array[];
}

export function signedData(content: Uint8Array, options: SignedDataOptions = {}): Uint8Array {
  const certificates = options.certificates ?? [certificate()];
  return sequence(
    oid('1.2.840.113549.1.7.2'),
    explicit(
      0,
      sequence(
        integer(options.version ?? 1),
        setOf(...(options.digests ?? [algorithms.sha256])),
        options.content ?? sequence(oid(dataOid)),
        ...(certificates.length === 0 ? [] : [explicit(0, ...certificates)]),
        ...(options.revocation === undefined ? [] : [options.revocation]),
        setOf(...(options.signers ?? [signerInfo(content)])),
      ),
    ),
  );
}
