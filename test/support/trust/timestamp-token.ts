/** Timestamp tokens of every kind, right and wrong, from their parts (RFC 3161 2.4.2). */
import { createHash } from 'node:crypto';
import { der, explicit, integer, octets, oid, sequence, time } from '../der.ts';
import * as pki from '../pki.ts';
import { dayMs } from './rsa-stage.ts';

export const timestampInfoOid = '1.2.840.113549.1.9.16.1.4';

export const timeRootKey = (): pki.KeyPair => pki.keyPair('time-root', 'rsa2048');
export const timeKey = (): pki.KeyPair => pki.keyPair('time', 'rsa2048');

export function timeRoot(): Uint8Array {
  return pki.rootCertificate({
    key: timeRootKey(),
    subject: pki.name('Time Root'),
    issuer: pki.name('Time Root'),
    notBefore: time(pki.nowMs - 400 * dayMs),
    notAfter: time(pki.nowMs + 400 * dayMs),
  });
}

export function timePurpose(critical = true, ...purposes: readonly string[]): Uint8Array {
  const named = purposes.length === 0 ? [pki.purposeOids.timeStamping] : purposes;
  return pki.extension(pki.extensionOids.extendedKeyUsage, sequence(...named.map(oid)), critical);
}

/** Of the timestamp authority. */
export function timeCertificate(options: pki.CertificateOptions = {}, purpose: Uint8Array = timePurpose()): Uint8Array {
  return pki.certificate({
    key: timeKey(),
    issuerKey: timeRootKey(),
    issuer: pki.name('Time Root'),
    subject: pki.name('Time Authority'),
    serial: integer(77),
    notBefore: time(pki.nowMs - 300 * dayMs),
    notAfter: time(pki.nowMs + 300 * dayMs),
    extensions: [
      pki.extensions.notCa(),
      pki.extensions.digitalSignature(),
      purpose,
      pki.extensions.subjectKeyId(timeKey()),
      pki.extensions.authorityKeyId(timeRootKey()),
    ],
    ...options,
  });
}

export interface InfoOptions {
  readonly version?: Uint8Array;
  readonly imprinted?: Uint8Array;
  readonly imprintAlgorithm?: Uint8Array;
  readonly serial?: Uint8Array;
  readonly genTime?: string;
  /** Elements between the time and the end: accuracy, ordering, nonce, authority, extensions. */
  readonly more?: readonly Uint8Array[];
}

export function generalized(ms: number): string {
  return `${new Date(ms).toISOString().replaceAll(/[-:T]|\.\d+Z/gu, '')}Z`;
}

export function timestampInfo(signature: Uint8Array, options: InfoOptions = {}): Uint8Array {
  const hash = createHash('sha256').update(options.imprinted ?? signature);
  return sequence(
    options.version ?? integer(1),
    oid('1.3.6.1.4.1.99999.2'),
    sequence(options.imprintAlgorithm ?? pki.algorithms.sha256, octets(hash.digest())),
    options.serial ?? integer(9),
    der(0x18, Buffer.from(options.genTime ?? generalized(pki.nowMs - dayMs))),
    ...(options.more ?? []),
  );
}

export interface TokenOptions extends InfoOptions {
  readonly certificate?: Uint8Array;
  readonly key?: pki.KeyPair;
  readonly content?: Uint8Array;
  readonly attributes?: (info: Uint8Array) => readonly Uint8Array[];
  readonly signer?: pki.SignerOptions;
  readonly around?: pki.SignedDataOptions;
  readonly secondSigner?: true;
}

/** Its own certificate first. */
export function namesCertificate(...certificates: readonly Uint8Array[]): Uint8Array {
  const ids = certificates.map((bytes) => sequence(octets(createHash('sha256').update(bytes).digest())));
  return pki.attribute(pki.attributeOids.signingCertificateV2, sequence(sequence(...ids)));
}

/** What a timestamp authority signs about itself and its answer, without the name of its certificate. */
export function infoAttributes(info: Uint8Array): readonly Uint8Array[] {
  return [
    pki.attribute(pki.attributeOids.contentType, oid(timestampInfoOid)),
    pki.attribute(pki.attributeOids.messageDigest, octets(createHash('sha256').update(info).digest())),
  ];
}

/** Over the signature value of a signer. */
export function timestampToken(signature: Uint8Array, options: TokenOptions = {}): Uint8Array {
  const info = timestampInfo(signature, options);
  const certificate = options.certificate ?? timeCertificate();
  const attributes = options.attributes?.(info) ?? [...infoAttributes(info), namesCertificate(certificate)];
  const signer = pki.signerInfo(info, {
    key: options.key ?? timeKey(),
    id: sequence(pki.name('Time Root'), integer(77)),
    attributes,
    ...options.signer,
  });
  return pki.signedData(info, {
    version: 3,
    content: options.content ?? sequence(oid(timestampInfoOid), explicit(0, octets(info))),
    certificates: [certificate],
    signers: options.secondSigner === true ? [signer, signer] : [signer],
    ...options.around,
  });
}

export function tokenAttribute(...tokens: readonly Uint8Array[]): Uint8Array {
  return pki.attribute(pki.attributeOids.timestampToken, ...tokens);
}
