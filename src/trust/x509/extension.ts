/** The list of extensions that certificates, revocation lists and their entries share (RFC 5280 4.1.2.9, 5.1.2.7). */
import { refuse, type TrustCode } from '../refusal.ts';
import { fieldsOf, membersOf } from '../der/fields.ts';
import { type DerElement, readDer } from '../der/read-der.ts';
import { tags } from '../der/tags.ts';
import { readBoolean, readOctets, readOid } from '../der/values.ts';
import { keyOfName, readGeneralNames } from './names/general-name.ts';

export interface Extension {
  readonly oid: string;
  readonly isCritical: boolean;
  /** What the octet string holds; its own DER. */
  readonly value: () => DerElement;
}

const names: Readonly<Record<string, string>> = {
  '2.5.29.14': 'subjectKeyIdentifier',
  '2.5.29.15': 'keyUsage',
  '2.5.29.17': 'subjectAltName',
  '2.5.29.18': 'issuerAltName',
  '2.5.29.19': 'basicConstraints',
  '2.5.29.20': 'cRLNumber',
  '2.5.29.21': 'reasonCode',
  '2.5.29.27': 'deltaCRLIndicator',
  '2.5.29.28': 'issuingDistributionPoint',
  '2.5.29.30': 'nameConstraints',
  '2.5.29.31': 'cRLDistributionPoints',
  '2.5.29.32': 'certificatePolicies',
  '2.5.29.33': 'policyMappings',
  '2.5.29.35': 'authorityKeyIdentifier',
  '2.5.29.36': 'policyConstraints',
  '2.5.29.37': 'extKeyUsage',
  '2.5.29.46': 'freshestCRL',
  '2.5.29.54': 'inhibitAnyPolicy',
  '2.5.29.60': 'expiredCertsOnCRL',
};

/** Refuses with `repeated` when one type appears twice. */
export function readExtensionList(element: DerElement, repeated: TrustCode): readonly Extension[] {
  const seen = new Set<string>();
  return membersOf(element, 'The list of extensions', tags.sequence).map((member) => {
    const extension = readExtension(member);
    if (seen.has(extension.oid)) refuse(repeated, `Extension ${labelOf(extension.oid)} appears twice.`);
    seen.add(extension.oid);
    return extension;
  });
}

function readExtension(element: DerElement): Extension {
  const fields = fieldsOf(element, 'An extension');
  const oid = readOid(fields.take(tags.oid), 'An extension');
  const flag = fields.optional(tags.boolean);
  const isCritical = flag !== undefined && readBoolean(flag, 'An extension');
  // DEFAULT FALSE is not written in DER.
  if (flag !== undefined && !isCritical) refuse('DER_VALUE', `Extension ${labelOf(oid)} writes a default value.`);
  const value = readOctets(fields.take(tags.octetString), 'An extension');
  fields.end();
  return { oid, isCritical, value: () => readDer(value) };
}

/** The value of an authority key identifier that helps to find the issuer. Hex. */
export function readAuthorityKeyId(value: DerElement): string | null {
  return partsOf(value)(0x80)?.content.toHex() ?? null;
}

/** The other way to name a key: by the certificate it stands in (RFC 5280 4.2.1.1). */
export interface CertificateNamed {
  /** Names of the issuer, as they compare (`keyOfName`). */
  readonly issuers: readonly string[];
  /** Hex of the DER integer. */
  readonly serial: string;
}

/** null where the authority key identifier names none. */
export function readAuthorityCertificate(value: DerElement): CertificateNamed | null {
  const [issuer, serial] = [0xa1, 0x82].map(partsOf(value));
  if (issuer === undefined || serial === undefined) return null;
  const names = readGeneralNames(issuer, 'The issuer in an authority key identifier', 0xa1);
  return { issuers: names.map(keyOfName), serial: serial.content.toHex() };
}

function partsOf(value: DerElement): (tag: number) => DerElement | undefined {
  if (value.tag !== tags.sequence) refuse('DER_UNEXPECTED', 'An authority key identifier is not encoded as expected.');
  return (tag) => value.children.find((child) => child.tag === tag);
}

export function labelOf(oid: string): string {
  return Object.hasOwn(names, oid) ? `${names[oid]} (${oid})` : oid;
}
