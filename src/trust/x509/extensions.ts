/**
 * Certificate extensions (RFC 5280 4.2). Each is processed or refused: a critical one that is not in the table, one that
 * appears twice, and, critical or not, one that would narrow what the issuer may sign and that nothing here enforces.
 */
import { refuse } from '../refusal.ts';
import { fieldsOf, membersOf } from '../der/fields.ts';
import { type DerElement, readDer, tags } from '../der/read-der.ts';
import { readBoolean, readNamedBits, readOctets, readOid, readSmall } from '../der/values.ts';

export interface Extensions {
  readonly basicConstraints: { readonly isCa: boolean; readonly pathLength: number | null } | null;
  readonly keyUsage: { readonly digitalSignature: boolean; readonly keyCertSign: boolean } | null;
  /** Object identifiers of purposes. */
  readonly extendedKeyUsage: readonly string[] | null;
  /** Hex. Hints for finding the issuer, never a reason to trust or to refuse. */
  readonly subjectKeyId: string | null;
  readonly authorityKeyId: string | null;
  /** Critical extensions that are not processed; refused where the certificate stands in a path. */
  readonly unprocessedCritical: readonly string[];
  /** Extensions that restrict whatever their criticality, and are not processed. */
  readonly unprocessedRestricting: readonly string[];
}

type Draft = { -readonly [K in keyof Extensions]: Extensions[K] };

const names: Readonly<Record<string, string>> = {
  '2.5.29.17': 'subjectAltName',
  '2.5.29.18': 'issuerAltName',
  '2.5.29.30': 'nameConstraints',
  '2.5.29.31': 'cRLDistributionPoints',
  '2.5.29.32': 'certificatePolicies',
  '2.5.29.33': 'policyMappings',
  '2.5.29.36': 'policyConstraints',
  '2.5.29.54': 'inhibitAnyPolicy',
};

// Name constraints, policy mappings, policy constraints, inhibit any-policy.
const restricting: ReadonlySet<string> = new Set(['2.5.29.30', '2.5.29.33', '2.5.29.36', '2.5.29.54']);
const bit = { digitalSignature: 0, keyCertSign: 5 } as const;

const processed: Readonly<Record<string, (value: DerElement, draft: Draft) => void>> = {
  '2.5.29.14': (value, draft) => {
    draft.subjectKeyId = readOctets(value, 'A subject key identifier').toHex();
  },
  '2.5.29.15': (value, draft) => {
    const bits = readNamedBits(value, 'A key usage');
    draft.keyUsage = { digitalSignature: bits.has(bit.digitalSignature), keyCertSign: bits.has(bit.keyCertSign) };
  },
  '2.5.29.19': (value, draft) => {
    draft.basicConstraints = readBasicConstraints(value);
  },
  '2.5.29.35': (value, draft) => {
    if (value.tag !== tags.sequence)
      refuse('DER_UNEXPECTED', 'An authority key identifier is not encoded as expected.');
    draft.authorityKeyId = value.children.find((child) => child.tag === 0x80)?.content.toHex() ?? null;
  },
  '2.5.29.37': (value, draft) => {
    draft.extendedKeyUsage = membersOf(value, 'An extended key usage', tags.sequence).map((purpose) =>
      readOid(purpose, 'A purpose'),
    );
  },
};

export function readExtensions(element: DerElement | undefined): Extensions {
  const draft: Draft = {
    basicConstraints: null,
    keyUsage: null,
    extendedKeyUsage: null,
    subjectKeyId: null,
    authorityKeyId: null,
    unprocessedCritical: [],
    unprocessedRestricting: [],
  };
  if (element === undefined) return draft;
  const seen = new Set<string>();
  const critical: string[] = [];
  const restrictions: string[] = [];
  for (const member of membersOf(element, 'The list of extensions', tags.sequence)) {
    const { oid, isCritical, value } = readExtension(member);
    if (seen.has(oid)) refuse('CERT_EXTENSION_REPEATED', `Extension ${nameOf(oid)} appears twice.`);
    seen.add(oid);
    const read = Object.hasOwn(processed, oid) ? processed[oid] : undefined;
    if (read !== undefined) read(readDer(value), draft);
    else if (restricting.has(oid)) restrictions.push(nameOf(oid));
    else if (isCritical) critical.push(nameOf(oid));
  }
  return { ...draft, unprocessedCritical: critical, unprocessedRestricting: restrictions };
}

function readExtension(element: DerElement): { oid: string; isCritical: boolean; value: Uint8Array } {
  const fields = fieldsOf(element, 'An extension');
  const oid = readOid(fields.take(tags.oid), 'An extension');
  const flag = fields.optional(tags.boolean);
  const isCritical = flag !== undefined && readBoolean(flag, 'An extension');
  // DEFAULT FALSE is not written in DER.
  if (flag !== undefined && !isCritical) refuse('DER_VALUE', `Extension ${nameOf(oid)} writes a default value.`);
  const value = readOctets(fields.take(tags.octetString), 'An extension');
  fields.end();
  return { oid, isCritical, value };
}

function readBasicConstraints(value: DerElement): Extensions['basicConstraints'] {
  const fields = fieldsOf(value, 'Basic constraints');
  const flag = fields.optional(tags.boolean);
  const isCa = flag !== undefined && readBoolean(flag, 'Basic constraints');
  if (flag !== undefined && !isCa) refuse('DER_VALUE', 'Basic constraints write a default value.');
  const length = fields.optional(tags.integer);
  fields.end();
  return { isCa, pathLength: length === undefined ? null : readSmall(length, 'A path length') };
}

function nameOf(oid: string): string {
  return Object.hasOwn(names, oid) ? `${names[oid]} (${oid})` : oid;
}
