/**
 * Certificate extensions (RFC 5280 4.2). Each is processed or refused: one that appears twice, and a critical one that is
 * not in the table. A new one is a row in the table and, where it is more than a line, a reader in the room of its family.
 */
import { refuse } from '../refusal.ts';
import { fieldsOf, membersOf } from '../der/fields.ts';
import type { DerElement } from '../der/read-der.ts';
import { tags } from '../der/tags.ts';
import { readBoolean, readNamedBits, readOctets, readOid, readSmall } from '../der/values.ts';
import { labelOf, readAuthorityKeyId, readExtensionList } from './extension.ts';
import { type GeneralName, readGeneralNames } from './names/general-name.ts';
import { type NameConstraints, readNameConstraints } from './names/name-constraints.ts';
import {
  type PolicyConstraints,
  type PolicyMapping,
  readPolicies,
  readPolicyConstraints,
  readPolicyMappings,
} from './policies/read-policies.ts';
import { type DistributionPoint, readDistributionPoints } from './revocation/distribution.ts';

export interface Extensions {
  readonly basicConstraints: { readonly isCa: boolean; readonly pathLength: number | null } | null;
  readonly keyUsage: KeyUsage | null;
  /** Object identifiers of purposes. */
  readonly extendedKeyUsage: readonly string[] | null;
  readonly isExtendedKeyUsageCritical: boolean;
  /** Hex. Hints for finding the issuer, never a reason to trust or to refuse. */
  readonly subjectKeyId: string | null;
  readonly authorityKeyId: string | null;
  readonly subjectAltNames: readonly GeneralName[];
  readonly areAltNamesCritical: boolean;
  readonly nameConstraints: NameConstraints | null;
  readonly policies: ReadonlySet<string> | null;
  readonly policyMappings: readonly PolicyMapping[];
  readonly policyConstraints: PolicyConstraints | null;
  /** Certificates that may still follow before anyPolicy counts for nothing. */
  readonly inhibitAnyPolicy: number | null;
  readonly distributionPoints: readonly DistributionPoint[];
  /** Critical extensions that are not processed; refused where the certificate stands in a path. */
  readonly unprocessedCritical: readonly string[];
}

interface KeyUsage {
  readonly digitalSignature: boolean;
  readonly contentCommitment: boolean;
  readonly keyCertSign: boolean;
  readonly cRLSign: boolean;
}

type Draft = { -readonly [K in keyof Extensions]: Extensions[K] };

const bit = { digitalSignature: 0, contentCommitment: 1, keyCertSign: 5, cRLSign: 6 } as const;

const processed: Readonly<Record<string, (value: DerElement, draft: Draft, isCritical: boolean) => void>> = {
  '2.5.29.14': (value, draft) => {
    draft.subjectKeyId = readOctets(value, 'A subject key identifier').toHex();
  },
  '2.5.29.15': (value, draft) => {
    draft.keyUsage = readKeyUsage(value);
  },
  '2.5.29.17': (value, draft, isCritical) => {
    draft.areAltNamesCritical = isCritical;
    draft.subjectAltNames = readGeneralNames(value, 'Subject alternative names');
  },
  '2.5.29.19': (value, draft) => {
    draft.basicConstraints = readBasicConstraints(value);
  },
  '2.5.29.30': (value, draft) => {
    draft.nameConstraints = readNameConstraints(value);
  },
  '2.5.29.31': (value, draft) => {
    draft.distributionPoints = readDistributionPoints(value);
  },
  '2.5.29.32': (value, draft, isCritical) => {
    draft.policies = readPolicies(value, isCritical);
  },
  '2.5.29.33': (value, draft) => {
    draft.policyMappings = readPolicyMappings(value);
  },
  '2.5.29.35': (value, draft) => {
    draft.authorityKeyId = readAuthorityKeyId(value);
  },
  '2.5.29.36': (value, draft) => {
    draft.policyConstraints = readPolicyConstraints(value);
  },
  '2.5.29.37': (value, draft, isCritical) => {
    draft.isExtendedKeyUsageCritical = isCritical;
    draft.extendedKeyUsage = membersOf(value, 'An extended key usage', tags.sequence).map((purpose) =>
      readOid(purpose, 'A purpose'),
    );
  },
  '2.5.29.54': (value, draft) => {
    draft.inhibitAnyPolicy = readSmall(value, 'The limit of anyPolicy');
  },
};

export function readExtensions(element: DerElement | undefined): Extensions {
  const draft: Draft = {
    basicConstraints: null,
    keyUsage: null,
    extendedKeyUsage: null,
    isExtendedKeyUsageCritical: false,
    subjectKeyId: null,
    authorityKeyId: null,
    subjectAltNames: [],
    areAltNamesCritical: false,
    nameConstraints: null,
    policies: null,
    policyMappings: [],
    policyConstraints: null,
    inhibitAnyPolicy: null,
    distributionPoints: [],
    unprocessedCritical: [],
  };
  if (element === undefined) return draft;
  const critical: string[] = [];
  for (const { oid, isCritical, value } of readExtensionList(element, 'CERT_EXTENSION_REPEATED')) {
    const read = Object.hasOwn(processed, oid) ? processed[oid] : undefined;
    if (read !== undefined) read(value(), draft, isCritical);
    else if (isCritical) critical.push(labelOf(oid));
  }
  return { ...draft, unprocessedCritical: critical };
}

function readKeyUsage(value: DerElement): KeyUsage {
  const bits = readNamedBits(value, 'A key usage');
  return {
    digitalSignature: bits.has(bit.digitalSignature),
    contentCommitment: bits.has(bit.contentCommitment),
    keyCertSign: bits.has(bit.keyCertSign),
    cRLSign: bits.has(bit.cRLSign),
  };
}

function readBasicConstraints(value: DerElement): Extensions['basicConstraints'] {
  const fields = fieldsOf(value, 'Basic constraints');
  const flag = fields.optional(tags.boolean);
  const isCa = flag !== undefined && readBoolean(flag, 'Basic constraints');
  if (flag !== undefined && !isCa) refuse('DER_VALUE', 'Basic constraints write a default value.');
  const length = fields.optional(tags.integer);
  fields.end();
  if (length !== undefined && !isCa)
    refuse('CERT_PATH_LENGTH_WITHOUT_CA', 'A certificate limits what stands below it and is no authority.');
  return { isCa, pathLength: length === undefined ? null : readSmall(length, 'A path length') };
}
