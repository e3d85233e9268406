/**
 * Revocation along a path (RFC 5280 6.3) from the lists at hand, none of which is believed for lying there. A list that
 * names a certificate counts even when it is stale, partial or not yet due; that a certificate is not named counts only
 * from lists that are complete, current, understood and, together, for every reason. The latter is asked for only where
 * revocation is `required`. On hold is lifted by nothing but a newer list; a list from after a certificate expired may
 * leave it out, and then says nothing of it.
 */
import { refuse, type TrustCode } from '../../refusal.ts';
import type { CandidatePath } from '../build-paths.ts';
import type { Certificate } from '../certificate.ts';
import { type CertificateList, entryKey, reasons, type RevokedEntry } from '../certificate-list.ts';
import { endlessSpan, narrow } from '../path-span.ts';
import { allReasons } from './distribution.ts';
import { findListSigner, type ListSigner } from './find-list-signer.ts';
import type { RevocationContext, RevocationResult } from './context.ts';
import { isReplaced, lifts, type ListAtHand, reachesBack, isSuperseded } from './newer-lists.ts';
import { isAbout, reasonsCovered } from './scope.ts';

/** From the anchor down: who signs a list has been checked before it vouches. CERT_*REVOKED, CRL_*. */
export function checkRevocation(path: CandidatePath, context: RevocationContext): RevocationResult {
  const results = [...path.certificates.keys()].toReversed().map((index) => checkOne(path, index, context));
  return { supporting: results.flatMap(({ supporting }) => supporting), ...narrow(endlessSpan, ...results) };
}

interface Authentic extends ListAtHand {
  readonly signer: ListSigner;
}

function checkOne(path: CandidatePath, index: number, context: RevocationContext): RevocationResult {
  const certificate = path.certificates[index]!;
  const problems = new Set<TrustCode>();
  const known = authenticLists(path, index, context, problems);
  const future = known.filter(({ list }) => list.thisUpdateMs > context.nowMs);
  const past = known.filter(({ list }) => list.thisUpdateMs <= context.nowMs);
  const counted = past.filter(({ list }) => !isReplaced(list, past, certificate));
  const lifting = checkEntries([...counted, ...future], context, index === 0, certificate);
  if (future.length > 0) problems.add('CRL_NOT_YET_VALID');
  const newest = past.filter(({ list }) => !isSuperseded(list, past));
  const covering =
    context.revocation === 'required' ? requireCoverage(certificate, newest, context.nowMs, problems) : [];
  const spans = [...covering, ...lifting].map(({ list, signer }) =>
    narrow(signer, { validFromMs: list.thisUpdateMs, validUntilMs: list.nextUpdateMs }),
  );
  return {
    supporting: known.flatMap(({ signer }) => signer.supporting),
    ...narrow(
      endlessSpan,
      ...spans,
      // A list that vouches for nothing may still keep another from counting, as long as its signer is believed.
      ...known.map(({ signer }) => signer),
      ...past.map(({ list }) => ({ ...endlessSpan, validFromMs: list.thisUpdateMs })),
      ...future.map(({ list }) => ({ ...endlessSpan, validUntilMs: list.thisUpdateMs - 1 })),
    ),
  };
}

function authenticLists(
  path: CandidatePath,
  index: number,
  context: RevocationContext,
  problems: Set<TrustCode>,
): readonly Authentic[] {
  const certificate = path.certificates[index]!;
  const issuer = path.certificates[index + 1] ?? path.anchor.certificate;
  const key = entryKey(certificate.issuer, certificate.serial);
  const authentic: Authentic[] = [];
  for (const list of context.lists) {
    if (!isAbout(list, certificate)) {
      const isKeyOf = list.authorityKeyId !== null && list.authorityKeyId === issuer.extensions.subjectKeyId;
      if (isKeyOf) problems.add('CRL_ISSUER_MISMATCH');
      continue;
    }
    const signer = findListSigner(list, path, index, context);
    const entry = list.scope?.only === 'attribute' ? undefined : list.entries.get(key);
    if (signer.ok) authentic.push({ list, signer, entry });
    else problems.add(signer.code);
    // A signature brings the certificates by which a list's signer is found: leaving one out must gain nothing.
    if (!signer.ok && !signer.isForged && entry !== undefined && isCounted(list, entry, context))
      refuse(
        signer.code,
        `A list whose signer cannot be vouched for names the certificate of ${labelOf(certificate)}.`,
      );
  }
  return authentic;
}

/** Refuses where a list names the certificate; returns the lists that lift a hold. */
function checkEntries(
  lists: readonly Authentic[],
  context: RevocationContext,
  isLeaf: boolean,
  certificate: Certificate,
): readonly Authentic[] {
  const lifting: Authentic[] = [];
  for (const { list, entry } of lists) {
    if (entry === undefined || !isCounted(list, entry, context)) continue;
    const lift =
      entry.reason === reasons.hold ? lists.find((other) => lifts(other, list, certificate, context.nowMs)) : undefined;
    if (lift === undefined) {
      const code = isLeaf ? 'CERT_REVOKED' : 'CERT_ISSUER_REVOKED';
      return refuse(code, `The certificate of ${labelOf(certificate)} was revoked by ${list.issuer.text}.`);
    }
    lifting.push(lift);
  }
  return lifting;
}

/**
 * A lost key signs any time it likes; other reasons leave standing what was proven to exist before them. Only changes
 * to a list take something out of it (RFC 5280 5.3.1); anything that a complete list names is revoked.
 */
function isCounted(
  { baseNumber }: CertificateList,
  { reason, revokedAtMs, invalidAtMs }: RevokedEntry,
  { provenAtMs }: RevocationContext,
): boolean {
  if (reason === reasons.removeFromCrl && baseNumber !== null) return false;
  const isLost = [reasons.keyCompromise, reasons.caCompromise, reasons.aaCompromise].includes(reason);
  return isLost || provenAtMs === null || provenAtMs >= Math.min(revokedAtMs, invalidAtMs ?? Infinity);
}

/** The lists that together say that the certificate stands; refuses where they leave something open. */
function requireCoverage(
  certificate: Certificate,
  lists: readonly Authentic[],
  nowMs: number,
  problems: Set<TrustCode>,
): readonly Authentic[] {
  const covered = new Set<number>();
  const used: Authentic[] = [];
  const latestFirst = lists.toSorted((a, b) => b.list.nextUpdateMs - a.list.nextUpdateMs);
  for (const authentic of latestFirst) {
    const { list } = authentic;
    const reasonsOfList = reasonsCovered(list, certificate);
    const problem = problemOf(authentic, reasonsOfList, certificate, nowMs);
    if (problem !== undefined) {
      problems.add(problem);
      continue;
    }
    const before = covered.size;
    for (const reason of reasonsOfList) covered.add(reason);
    if (covered.size > before) used.push(authentic);
  }
  if (covered.size === allReasons.size) return used;
  if (covered.size > 0) problems.add('CRL_REASONS');
  const code = messageOrder.findLast((candidate) => problems.has(candidate)) ?? 'CRL_MISSING';
  return refuse(
    code,
    `Whether the certificate of ${labelOf(certificate)} was revoked is not known: ${messages[code]}.`,
  );
}

function problemOf(
  { list, entry }: ListAtHand,
  covered: ReadonlySet<number>,
  certificate: Certificate,
  nowMs: number,
): ListProblem | undefined {
  if (list.baseNumber !== null) return 'CRL_DELTA_WITHOUT_BASE';
  if (covered.size === 0) return 'CRL_SCOPE';
  if (list.unprocessedCritical.length > 0) return 'CRL_EXTENSION_CRITICAL';
  if (list.nextUpdateMs < nowMs) return 'CRL_STALE';
  return entry !== undefined || reachesBack(list, certificate) ? undefined : 'CRL_AFTER_EXPIRY';
}

/** The farther a list got, the more its problem says. */
const messageOrder = [
  'CRL_MISSING',
  'CRL_ISSUER_MISMATCH',
  'CRL_SIGNATURE_INVALID',
  'CRL_SIGNER_USAGE',
  'CRL_SIGNER_UNTRUSTED',
  'CRL_DELTA_WITHOUT_BASE',
  'CRL_SCOPE',
  'CRL_EXTENSION_CRITICAL',
  'CRL_NOT_YET_VALID',
  'CRL_STALE',
  'CRL_AFTER_EXPIRY',
  'CRL_REASONS',
] as const satisfies readonly TrustCode[];

type ListProblem = (typeof messageOrder)[number];

const messages: Readonly<Record<ListProblem, string>> = {
  CRL_MISSING: 'no revocation list of its issuer is at hand',
  CRL_ISSUER_MISMATCH: 'the revocation list signed with the key of its issuer names another issuer',
  CRL_SIGNATURE_INVALID: 'the revocation list was not signed by its issuer',
  CRL_SIGNER_USAGE: 'the key that signed the revocation list may not sign lists',
  CRL_SIGNER_UNTRUSTED: 'no trustworthy path leads to the signer of the revocation list',
  CRL_DELTA_WITHOUT_BASE: 'only changes to a revocation list are at hand, not the list they change',
  CRL_SCOPE: 'the revocation list is not for this certificate',
  CRL_EXTENSION_CRITICAL: 'the revocation list carries a critical extension that is not processed',
  CRL_NOT_YET_VALID: 'the revocation list is not valid yet',
  CRL_STALE: 'the revocation list was to be renewed by now',
  CRL_AFTER_EXPIRY:
    'the revocation list is from after it expired and does not say that it still names such certificates',
  CRL_REASONS: 'the revocation lists at hand do not cover every reason',
};

function labelOf(certificate: Certificate): string {
  return certificate.subject.isEmpty ? `serial ${certificate.serial}` : certificate.subject.text;
}
