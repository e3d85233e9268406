/**
 * Certificate revocation lists (RFC 5280 5), parsed strictly; who signed them, whether they are current and what they
 * cover is for the path. A list whose critical extensions are not all understood is kept, and said to be unusable.
 */
import { type Digest, digestBytes } from '../../kernel/digest.ts';
import { refuse, refusing, type Refusal } from '../refusal.ts';
import { fieldsOf, membersOf, unwrap } from '../der/fields.ts';
import { type DerElement, type DerLimits, derLimits, equalBytes, readDer } from '../der/read-der.ts';
import { tags } from '../der/tags.ts';
import { readBitBytes, readInteger, readPositive, readSmall, readTime } from '../der/values.ts';
import { readSignatureAlgorithm, type SignatureAlgorithm } from './algorithm.ts';
import {
  type CertificateNamed,
  type Extension,
  labelOf,
  readAuthorityCertificate,
  readAuthorityKeyId,
  readExtensionList,
} from './extension.ts';
import { type Name, readName } from './name.ts';
import { readGeneralNames } from './names/general-name.ts';
import { type ListScope, readListScope } from './revocation/distribution.ts';

export interface RevokedEntry {
  readonly revokedAtMs: number;
  /** When the key is known or suspected to have been lost, where the list says so. */
  readonly invalidAtMs: number | null;
  /** CRLReason (RFC 5280 5.3.1). */
  readonly reason: number;
}

export const reasons = {
  unspecified: 0,
  keyCompromise: 1,
  caCompromise: 2,
  hold: 6,
  removeFromCrl: 8,
  aaCompromise: 10,
};

export interface CertificateList {
  readonly bytes: Uint8Array;
  /** SHA-256 of the bytes. */
  readonly fingerprint: Digest;
  readonly issuer: Name;
  readonly thisUpdateMs: number;
  readonly nextUpdateMs: number;
  readonly number: bigint | null;
  /** Of the complete list this one adds to; null for a complete list. */
  readonly baseNumber: bigint | null;
  /** Hex; a hint for finding the signer. */
  readonly authorityKeyId: string | null;
  /** The same by a certificate that holds the key. */
  readonly authorityCertificate: CertificateNamed | null;
  /** From when on it keeps naming certificates that have expired; null where it may leave out any of them. */
  readonly expiredSinceMs: number | null;
  readonly scope: ListScope | null;
  /** By `entryKey`. */
  readonly entries: ReadonlyMap<string, RevokedEntry>;
  /** Critical extensions, of the list or of an entry, that are not processed. */
  readonly unprocessedCritical: readonly string[];
  readonly signedBytes: Uint8Array;
  readonly signatureAlgorithm: SignatureAlgorithm;
  readonly signature: Uint8Array;
}

const maxEntries = 50_000;
const listLimits: DerLimits = { ...derLimits, bytes: 4 << 20, elements: 400_000 };

export function parseCertificateList(
  bytes: Uint8Array,
): { readonly ok: true; readonly list: CertificateList } | Refusal {
  return refusing(() => ({ list: readCertificateList(bytes) }));
}

/** Throws its refusal: DER_*, ALGORITHM_* or CRL_*. */
export function readCertificateList(bytes: Uint8Array): CertificateList {
  const fields = fieldsOf(readDer(bytes, listLimits), 'The revocation list');
  const signed = fields.take(tags.sequence);
  const outerAlgorithm = fields.take(tags.sequence);
  const signature = readBitBytes(fields.take(tags.bitString), 'The signature of the revocation list');
  fields.end();
  const signatureAlgorithm = readSignatureAlgorithm(outerAlgorithm);
  return {
    bytes,
    fingerprint: digestBytes(bytes),
    ...readSigned(signed, outerAlgorithm),
    signedBytes: signed.bytes,
    signatureAlgorithm,
    signature,
  };
}

type SignedPart = Omit<CertificateList, 'bytes' | 'fingerprint' | 'signedBytes' | 'signatureAlgorithm' | 'signature'>;

function readSigned(signed: DerElement, outerAlgorithm: DerElement): SignedPart {
  const fields = fieldsOf(signed, 'The revocation list');
  const version = fields.optional(tags.integer);
  if (version === undefined || readSmall(version, 'The version of the revocation list') !== 1)
    refuse('CRL_VERSION', 'The revocation list is not of version 2.');
  if (!equalBytes(fields.take(tags.sequence).bytes, outerAlgorithm.bytes))
    refuse('CRL_ALGORITHM_MISMATCH', 'The revocation list names two different signature algorithms.');
  const issuer = readName(fields.take(tags.sequence), 'The issuer of the revocation list');
  const thisUpdateMs = readTime(fields.take(), 'The date of the revocation list');
  const next = fields.optional(tags.utcTime) ?? fields.optional(tags.generalizedTime);
  if (next === undefined) return refuse('CRL_VALIDITY', 'The revocation list does not say when the next one comes.');
  const nextUpdateMs = readTime(next, 'The next date of the revocation list');
  if (nextUpdateMs < thisUpdateMs) refuse('CRL_VALIDITY', 'The revocation list ends before it starts.');
  const revoked = fields.optional(tags.sequence);
  const wrapped = fields.optional(0xa0);
  fields.end();
  const own = readListExtensions(wrapped);
  const { entries, unprocessed } = readEntries(revoked, issuer, own.scope?.isIndirect ?? false);
  const unprocessedCritical = [...new Set([...own.unprocessedCritical, ...unprocessed])];
  return { issuer, thisUpdateMs, nextUpdateMs, ...own, entries, unprocessedCritical };
}

type ListExtensions = Pick<
  CertificateList,
  | 'number'
  | 'baseNumber'
  | 'authorityKeyId'
  | 'authorityCertificate'
  | 'expiredSinceMs'
  | 'scope'
  | 'unprocessedCritical'
>;
type Draft = { -readonly [K in keyof ListExtensions]: ListExtensions[K] };

const processed: Readonly<Record<string, (value: DerElement, draft: Draft) => void>> = {
  '2.5.29.20': (value, draft) => {
    draft.number = readNumber(value);
  },
  '2.5.29.27': (value, draft) => {
    draft.baseNumber = readNumber(value);
  },
  '2.5.29.28': (value, draft) => {
    draft.scope = readListScope(value);
  },
  '2.5.29.35': (value, draft) => {
    draft.authorityKeyId = readAuthorityKeyId(value);
    draft.authorityCertificate = readAuthorityCertificate(value);
  },
  // Of Rec. ITU-T X.509; RFC 5280 does not have it.
  '2.5.29.60': (value, draft) => {
    if (value.tag !== tags.generalizedTime)
      refuse('DER_UNEXPECTED', 'The date of expired certificates is not encoded as expected.');
    draft.expiredSinceMs = readTime(value, 'The date of expired certificates');
  },
};

function readListExtensions(wrapped: DerElement | undefined): ListExtensions {
  const draft: Draft = {
    number: null,
    baseNumber: null,
    authorityKeyId: null,
    authorityCertificate: null,
    expiredSinceMs: null,
    scope: null,
    unprocessedCritical: [],
  };
  if (wrapped === undefined) return draft;
  const critical: string[] = [];
  const list = readExtensionList(unwrap(wrapped, 'The list of extensions'), 'CRL_EXTENSION_REPEATED');
  for (const { oid, isCritical, value } of list) {
    const read = Object.hasOwn(processed, oid) ? processed[oid] : undefined;
    if (read !== undefined) read(value(), draft);
    else if (isCritical) critical.push(labelOf(oid));
  }
  return { ...draft, unprocessedCritical: critical };
}

/** RFC 5280 5.2.3: not negative, up to 20 octets. */
function readNumber(element: DerElement): bigint {
  const content = readInteger(element, 'The number of a revocation list');
  if (content.length === 1 && content[0] === 0) return 0n;
  const magnitude = readPositive(element, 'The number of a revocation list');
  if (magnitude.length > 20) refuse('DER_VALUE', 'The number of a revocation list is longer than 20 octets.');
  return BigInt(`0x${magnitude.toHex()}`);
}

function readEntries(
  element: DerElement | undefined,
  listIssuer: Name,
  isIndirect: boolean,
): { entries: ReadonlyMap<string, RevokedEntry>; unprocessed: readonly string[] } {
  const entries = new Map<string, RevokedEntry>();
  const unprocessed: string[] = [];
  // RFC 5280 5.3.3: an entry without an issuer of its own is of the same as the one before.
  let issuers: readonly Name[] = [listIssuer];
  for (const member of element === undefined ? [] : membersOf(element, 'The revoked certificates', tags.sequence)) {
    const fields = fieldsOf(member, 'A revoked certificate');
    const serial = readInteger(fields.take(tags.integer), 'A revoked serial number').toHex();
    const revokedAtMs = readTime(fields.take(), 'The date of a revocation');
    const list = fields.optional(tags.sequence);
    fields.end();
    const own = readEntryExtensions(list, isIndirect);
    unprocessed.push(...own.unprocessed);
    issuers = own.issuers ?? issuers;
    for (const issuer of issuers) {
      const key = entryKey(issuer, serial);
      if (entries.has(key)) refuse('CRL_ENTRY_REPEATED', `The revocation list names serial ${serial} twice.`);
      if (entries.size === maxEntries)
        refuse('DER_TOO_MANY', `The revocation list has more than ${maxEntries} entries.`);
      entries.set(key, { revokedAtMs, invalidAtMs: own.invalidAtMs, reason: own.reason });
    }
  }
  return { entries, unprocessed };
}

interface EntryExtensions {
  readonly reason: number;
  readonly invalidAtMs: number | null;
  readonly issuers: readonly Name[] | null;
  readonly unprocessed: readonly string[];
}

function readEntryExtensions(list: DerElement | undefined, isIndirect: boolean): EntryExtensions {
  let reason = reasons.unspecified;
  let invalidAtMs: number | null = null;
  let issuers: readonly Name[] | null = null;
  const unprocessed: string[] = [];
  const read = ({ oid, isCritical, value }: Extension): void => {
    if (oid === '2.5.29.21') reason = readReason(value());
    else if (oid === '2.5.29.24') invalidAtMs = readTime(value(), 'The date of invalidity');
    else if (oid === '2.5.29.29' && isIndirect) issuers = readEntryIssuers(value());
    else if (isCritical) unprocessed.push(labelOf(oid));
  };
  if (list !== undefined) readExtensionList(list, 'CRL_EXTENSION_REPEATED').forEach(read);
  return { reason, invalidAtMs, issuers, unprocessed };
}

function readReason(element: DerElement): number {
  if (element.tag !== tags.enumerated)
    refuse('DER_UNEXPECTED', 'The reason of a revocation is not encoded as expected.');
  return readSmall({ ...element, tag: tags.integer }, 'The reason of a revocation');
}

function readEntryIssuers(value: DerElement): readonly Name[] {
  const what = 'The issuer of a revoked certificate';
  const names = readGeneralNames(value, what).flatMap((name) => (name.kind === 'directory' ? [name.name] : []));
  if (names.length === 0) refuse('DER_UNEXPECTED', `${what} is not a directory name.`);
  return names;
}

/** Names a certificate within a list. */
export function entryKey(issuer: Name, serial: string): string {
  return `${serial} ${issuer.key}`;
}
