/**
 * What bad paths are made from: an anchor, an authority under it, a signer under that, a list of each issuer, and content;
 * all RSA, because that is what every implementation they are compared with can read. A fixture changes one thing.
 */
import { parseAnchors } from '../../../src/trust/policy/anchors.ts';
import type { TrustStore } from '../../../src/trust/policy/trust-store.ts';
import { toTrustError, type TrustCode } from '../../../src/trust/refusal.ts';
import { parseCertificateList } from '../../../src/trust/x509/certificate-list.ts';
import { integer, sequence, time } from '../der.ts';
import * as pki from '../pki.ts';
import { type ListOptions, revocationList } from '../pki-lists.ts';
import type { BadFixture, BadSignature } from './bad-fixture.ts';

export const content = Buffer.from('{"package":"themisdb","version":"1.5.0"}\n');
export const dayMs = 86_400_000;
export const keys = {
  root: (): pki.KeyPair => pki.keyPair('root', 'rsa2048'),
  middle: (): pki.KeyPair => pki.keyPair('middle', 'rsa2048'),
  leaf: (): pki.KeyPair => pki.keyPair('leaf', 'rsa2048'),
  second: (): pki.KeyPair => pki.keyPair('second', 'rsa2048'),
  other: (): pki.KeyPair => pki.keyPair('other', 'rsa2048'),
};
export const serials = { middle: 2, leaf: 4711 };

export interface PathSetting {
  /** Added to what the certificate carries anyway, unless `extensions` are given. */
  readonly leaf?: pki.CertificateOptions & { readonly more?: readonly Uint8Array[] };
  /** null: the anchor issued the signer itself. */
  readonly middle?: (pki.CertificateOptions & { readonly more?: readonly Uint8Array[] }) | null;
  readonly root?: pki.CertificateOptions & { readonly more?: readonly Uint8Array[] };
  /** Further certificates in the signature. */
  readonly others?: readonly Uint8Array[];
  /** Instead of the certificate of the root. */
  readonly anchors?: readonly Uint8Array[];
  readonly revocation?: 'known' | 'required';
  readonly lists?: readonly Uint8Array[];
  readonly nowMs?: number;
}

export function rootCertificate({ more = [], ...options }: NonNullable<PathSetting['root']> = {}): Uint8Array {
  const key = options.key ?? keys.root();
  const validity = { notBefore: time(pki.nowMs - 400 * dayMs), notAfter: time(pki.nowMs + 400 * dayMs) };
  return pki.rootCertificate({ key, extensions: [...authority(key, key), ...more], ...validity, ...options });
}

export function middleCertificate({ more = [], ...options }: NonNullable<PathSetting['middle']> = {}): Uint8Array {
  const [key, issuerKey] = [options.key ?? keys.middle(), options.issuerKey ?? keys.root()];
  return pki.certificate({
    subject: pki.name('Middle'),
    serial: integer(serials.middle),
    key,
    issuerKey,
    notAfter: time(pki.nowMs + 200 * dayMs),
    extensions: [...authority(key, issuerKey), ...more],
    ...options,
  });
}

/** Signs certificates and lists. */
function authority(key: pki.KeyPair, issuerKey: pki.KeyPair): readonly Uint8Array[] {
  return pki.caExtensions(key, issuerKey);
}

function leafOptions({ leaf: { more = [], ...options } = {}, middle }: PathSetting): pki.CertificateOptions {
  const key = options.key ?? keys.leaf();
  const issuerKey = options.issuerKey ?? (middle === null ? keys.root() : keys.middle());
  return {
    issuer: pki.name(middle === null ? 'Root' : 'Middle'),
    key,
    issuerKey,
    extensions: [...pki.leafExtensions(key, issuerKey), ...more],
    ...options,
  };
}

/** A signature over `content` and the trust to judge it with. Without a setting all of it is right. */
export function onPath(setting: PathSetting = {}): BadSignature {
  const options = leafOptions(setting);
  const certificates = [
    pki.certificate(options),
    ...(setting.middle === null ? [] : [middleCertificate(setting.middle)]),
    ...(setting.others ?? []),
  ];
  const id = sequence(options.issuer!, options.serial ?? integer(serials.leaf));
  return {
    content,
    signature: pki.signedData(content, { certificates, signers: [pki.signerInfo(content, { key: options.key!, id })] }),
    trust: trustOf(setting),
    nowMs: setting.nowMs ?? pki.nowMs,
  };
}

export function trustOf(setting: Pick<PathSetting, 'anchors' | 'root' | 'revocation' | 'lists'> = {}): TrustStore {
  const { anchors = [rootCertificate(setting.root)], revocation = 'known', lists = [] } = setting;
  const parsed = parseAnchors(anchorsText({ anchors: anchors.map(anchorEntry), revocation }));
  if (!parsed.ok) throw toTrustError(parsed);
  return { anchors: parsed.anchors, crls: lists.map(readList) };
}

function readList(bytes: Uint8Array): TrustStore['crls'][number] {
  const parsed = parseCertificateList(bytes);
  if (!parsed.ok) throw toTrustError(parsed);
  return parsed.list;
}

export function anchorEntry(certificate: Uint8Array, index = 0): object {
  return { name: `anchor-${index}`, certificate: pki.pem(certificate) };
}

/** An anchors file, right but for what is given. */
export function anchorsText(over: object = {}): Uint8Array {
  const file = { formatVersion: '1.0', anchors: [anchorEntry(rootCertificate())], threshold: 1, ...over };
  return Buffer.from(JSON.stringify(file));
}

export function rootList(options: ListOptions = {}): Uint8Array {
  return revocationList({ issuerKey: keys.root(), ...options });
}

export function middleList(options: ListOptions = {}): Uint8Array {
  return revocationList({ issuer: pki.name('Middle'), issuerKey: keys.middle(), ...options });
}

export function bad(code: TrustCode, id: string, what: string, make: () => PathSetting): BadFixture {
  return { id, code, what, make: () => onPath(make()) };
}
