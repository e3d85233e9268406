/**
 * Verification of a timestamp token (RFC 3161 2.4.2) over the signature value of a signer: a checklist like that of the
 * signature itself, against anchors of its own. Where the anchors file names none, all that needs no anchor is checked all
 * the same, so that a bad token refuses everywhere, but the time is not believed; and no certificate may stand in the token
 * but those that its authority names under its signature.
 */
import { createHash } from 'node:crypto';
import { ThemisError } from '../../kernel/error.ts';
import { certificatesOf, checkNothingElse } from '../cms/check-nothing-else.ts';
import { type CheckedSigner, checkSigner, digestsOf } from '../cms/check-signer.ts';
import { contentTypes, readSignedData, type SignedData, type SignerInfo } from '../cms/read-signed-data.ts';
import { checkIssuersNamed, isNamed } from '../cms/signing-certificate.ts';
import type { TrustStore } from '../policy/trust-store.ts';
import { isTrustCode, refuse, type TrustCode } from '../refusal.ts';
import { unwrap } from '../der/fields.ts';
import { equalBytes } from '../der/read-der.ts';
import type { Certificate } from '../x509/certificate.ts';
import { findPath } from '../x509/find-path.ts';
import { readName } from '../x509/name.ts';
import type { FoundPath } from '../x509/revocation/context.ts';
import { nameOf, purposes } from '../x509/validate-path.ts';
import { readTimestampInfo, type TimestampInfo } from './read-timestamp-info.ts';

export interface CheckedTimestamp {
  readonly info: TimestampInfo;
  /** The earliest and the latest instant it can have been, by the accuracy the authority claims. */
  readonly earliestMs: number;
  readonly latestMs: number;
  readonly authority: Certificate;
  /** null: no timestamp anchors are known, so nobody vouches for it. */
  readonly path: FoundPath | null;
  /** Certificates that may stand in the token: nothing else in it is vouched for. */
  readonly withPart: readonly Certificate[];
}

/** Clocks of authority and verifier may differ by this before a time counts as one that has not come yet. */
export const clockSkewMs = 300_000;

/**
 * `signature`: the signature value the token has to be over. `strangers`: what to do with certificates that have no part in it.
 * Throws the refusal of the first check that fails.
 */
export function verifyTimestamp(
  token: Uint8Array,
  signature: Uint8Array,
  trust: TrustStore | null,
  nowMs: number,
  strangers: 'refuse' | 'ignore' = 'refuse',
): CheckedTimestamp {
  try {
    const data = readSignedData(token);
    const { info, checked } = checkToken(data, signature);
    const { certificate } = checked;
    const earliestMs = info.genTimeMs - info.accuracyMs;
    const latestMs = info.genTimeMs + info.cutMs + info.accuracyMs;
    if (earliestMs > nowMs + clockSkewMs) refuse('TIMESTAMP_IN_FUTURE', 'Its time has not come yet.');
    if (earliestMs < certificate.notBeforeMs || latestMs > certificate.notAfterMs)
      refuse('TIMESTAMP_AUTHORITY_VALIDITY', `Its time lies outside the validity of ${nameOf(certificate)}.`);
    const path = trust === null ? null : findAuthority(checked, data, trust, nowMs);
    const withPart = path === null ? namedBy(checked, data) : certificatesOf(path);
    if (strangers === 'refuse') checkNothingElse(data, withPart);
    return { info, earliestMs, latestMs, authority: certificate, path, withPart };
  } catch (error) {
    if (!(error instanceof ThemisError) || error.reason === undefined || !isTrustCode(error.reason)) throw error;
    return refuse(error.reason, `Of the timestamp: ${error.message}`);
  }
}

/**
 * Without anchors no path says which certificates belong to the token. Those that its authority signed the hashes of do,
 * its own among them; of any other, bytes could be changed that nobody checks.
 */
function namedBy({ named }: CheckedSigner, { certificates }: SignedData): readonly Certificate[] {
  return certificates.filter((certificate) => named.some((ids) => isNamed(ids, certificate)));
}

/** All that needs neither a time nor an anchor. */
function checkToken(data: SignedData, signature: Uint8Array): { info: TimestampInfo; checked: CheckedSigner } {
  const { signer, content } = readToken(data);
  const info = readTimestampInfo(content);
  if (!equalBytes(createHash(info.imprint.hash).update(signature).digest(), info.imprint.value))
    refuse('TIMESTAMP_IMPRINT_MISMATCH', 'It is not over the signature that carries it.');
  const checked = checkSigner(signer, data, digestsOf(content));
  if (checked.named.length === 0)
    refuse('TIMESTAMP_SIGNING_CERTIFICATE_MISSING', 'Its authority does not say under which certificate it signed.');
  checkPurpose(checked.certificate);
  checkName(info, checked.certificate);
  return { info, checked };
}

function readToken(data: SignedData): { signer: SignerInfo; content: Uint8Array } {
  if (data.contentType !== contentTypes.timestampInfo)
    refuse('TIMESTAMP_CONTENT_TYPE', `It is over content of type ${data.contentType}, not the one of timestamps.`);
  if (data.content === null) return refuse('TIMESTAMP_CONTENT_MISSING', 'It carries no content.');
  const [signer, another] = data.signers;
  if (signer === undefined || another !== undefined)
    return refuse('TIMESTAMP_SIGNER_COUNT', `It has ${data.signers.length} signers instead of one.`);
  if (signer.timestamp !== null) refuse('CMS_UNSIGNED_ATTRIBUTES', 'It carries a timestamp itself.');
  return { signer, content: data.content };
}

/** RFC 3161 2.3: one extended key usage, critical, with the purpose of timestamps and no other. */
function checkPurpose(certificate: Certificate): void {
  const { extendedKeyUsage, isExtendedKeyUsageCritical } = certificate.extensions;
  const name = nameOf(certificate);
  if (extendedKeyUsage?.includes(purposes.timeStamping) !== true)
    refuse('TIMESTAMP_EKU_MISSING', `The certificate of ${name} is not for timestamps.`);
  if (extendedKeyUsage!.length !== 1)
    refuse('TIMESTAMP_EKU_NOT_ALONE', `The certificate of ${name} is for other purposes than timestamps as well.`);
  if (!isExtendedKeyUsageCritical)
    refuse('TIMESTAMP_EKU_NOT_CRITICAL', `The certificate of ${name} names its purpose without making it binding.`);
}

const directoryName = 0xa4;

function checkName({ authority }: TimestampInfo, certificate: Certificate): void {
  if (authority === null) return;
  const what = 'The name of the timestamp authority';
  const isOwn =
    authority.tag === directoryName && readName(unwrap(authority, what), what).key === certificate.subject.key;
  if (!isOwn)
    refuse(
      'TIMESTAMP_AUTHORITY_MISMATCH',
      `It names another authority than the certificate of ${nameOf(certificate)}.`,
    );
}

function findAuthority(checked: CheckedSigner, data: SignedData, trust: TrustStore, nowMs: number): FoundPath | null {
  if (trust.anchors.timestampAnchors.length === 0) return null;
  const path = pathOf(checked, data, trust, nowMs);
  for (const ids of checked.named) checkIssuersNamed(ids, path);
  return path;
}

function pathOf({ certificate }: CheckedSigner, data: SignedData, trust: TrustStore, nowMs: number): FoundPath {
  try {
    return findPath({
      leaf: certificate,
      pool: data.certificates,
      anchors: trust.anchors.timestampAnchors,
      lists: trust.crls,
      revocation: trust.anchors.revocation,
      nowMs,
      profile: 'timeStamping',
    });
  } catch (error) {
    if (!(error instanceof ThemisError)) throw error;
    const code = ownCodes.find(([pattern]) => pattern.test(error.reason ?? ''))?.[1];
    if (code === undefined) throw error;
    return refuse(code, error.message);
  }
}

/** What would read as said of the signer: codes of the path to a timestamp anchor. */
const ownCodes: readonly (readonly [RegExp, TrustCode])[] = [
  [/^(?:PATH|ANCHOR)_/u, 'TIMESTAMP_UNTRUSTED'],
  [/^CERT_(?:EXPIRED|NOT_YET_VALID)$/u, 'TIMESTAMP_AUTHORITY_VALIDITY'],
];
