/**
 * What lists of one scope say of each other (RFC 5280 5.2.3, 5.2.4). Naming is never forgotten in doubt: a list takes the
 * place of another only where it is newer and speaks of the certificate; what it merely comes after vouches no longer, but
 * what it named stays named.
 */
import type { Certificate } from '../certificate.ts';
import { type CertificateList, reasons, type RevokedEntry } from '../certificate-list.ts';

export interface ListAtHand {
  readonly list: CertificateList;
  /** Of the certificate that is asked about. */
  readonly entry: RevokedEntry | undefined;
}

/**
 * Whether leaving the certificate out means something. RFC 5280 3.3 lets an authority drop a certificate from its lists
 * once that has expired, unless the list says from when on it keeps them.
 */
export function reachesBack({ thisUpdateMs, expiredSinceMs }: CertificateList, { notAfterMs }: Certificate): boolean {
  return thisUpdateMs <= notAfterMs || (expiredSinceMs !== null && expiredSinceMs <= notAfterMs);
}

/**
 * Whether what `list` names counts no longer, because another took its place. Deltas keep counting. A list that is not
 * understood speaks of nothing it leaves out (RFC 5280 5.2).
 */
export function isReplaced(list: CertificateList, others: readonly ListAtHand[], certificate: Certificate): boolean {
  return others.some(
    (other) =>
      isNewer(other.list, list) && other.list.unprocessedCritical.length === 0 && reachesBack(other.list, certificate),
  );
}

/** Whether some list is newer, so that this one vouches for nothing, even where the newer one does not either. */
export function isSuperseded(list: CertificateList, others: readonly ListAtHand[]): boolean {
  return others.some((other) => isNewer(other.list, list));
}

/** Of two that number and date put in different orders neither is: both count, whatever they name. */
function isNewer(newer: CertificateList, older: CertificateList): boolean {
  if (newer.baseNumber !== null || older.baseNumber !== null || !isSameScope(newer, older)) return false;
  const byNumber = newer.number !== null && older.number !== null ? compare(newer.number, older.number) : 0;
  const byTime = compare(newer.thisUpdateMs, older.thisUpdateMs);
  return byNumber >= 0 && byTime >= 0 && (byNumber > 0 || byTime > 0);
}

function compare<T extends bigint | number>(a: T, b: T): number {
  return a === b ? 0 : a > b ? 1 : -1;
}

function isSameScope(a: CertificateList, b: CertificateList): boolean {
  return (
    a.issuer.key === b.issuer.key &&
    keyNamed(a) === keyNamed(b) &&
    (a.scope?.bytes.toHex() ?? '') === (b.scope?.bytes.toHex() ?? '')
  );
}

function keyNamed({ authorityKeyId, authorityCertificate }: CertificateList): string {
  return JSON.stringify(authorityKeyId ?? authorityCertificate);
}

/**
 * A delta that takes the hold back, or a complete list that came after the delta that made it. Not a delta from after the
 * certificate expired: RFC 5280 5.3.1 has it take out what expired in the same words.
 */
export function lifts(
  { list, entry }: ListAtHand,
  held: CertificateList,
  certificate: Certificate,
  nowMs: number,
): boolean {
  if (list.thisUpdateMs > nowMs || list.nextUpdateMs < nowMs || !isSameScope(list, held)) return false;
  if (list.number === null || held.number === null || list.unprocessedCritical.length > 0) return false;
  if (list.thisUpdateMs < held.thisUpdateMs || !reachesBack(list, certificate)) return false;
  // Of two complete lists the newer one has taken the place of the other, or neither has.
  if (list.baseNumber === null) return held.baseNumber !== null && entry === undefined && list.number >= held.number;
  return entry?.reason === reasons.removeFromCrl && list.number > held.number && list.baseNumber <= held.number;
}
