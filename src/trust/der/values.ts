/**
 * Primitive values, each in its one DER form (X.690 chapters 8 and 11); anything else is `DER_VALUE`.
 */
import { refuse } from '../refusal.ts';
import type { DerElement } from './read-der.ts';
import { tags } from './tags.ts';

function expectTag(element: DerElement, tag: number, what: string): void {
  if (element.tag !== tag) refuse('DER_UNEXPECTED', `${what} is not encoded as expected.`);
}

export function readBoolean(element: DerElement, what: string): boolean {
  expectTag(element, tags.boolean, what);
  const [value] = element.content;
  if (element.content.length !== 1 || (value !== 0 && value !== 0xff))
    return refuse('DER_VALUE', `${what} is not a DER boolean.`);
  return value === 0xff;
}

/** Two's complement content, checked to be minimal. */
export function readInteger(element: DerElement, what: string): Uint8Array {
  expectTag(element, tags.integer, what);
  const [first, second] = element.content;
  if (first === undefined) return refuse('DER_VALUE', `${what} is an integer without a value.`);
  if (second !== undefined && ((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80))) {
    refuse('DER_VALUE', `${what} is an integer with needless leading bytes.`);
  }
  return element.content;
}

/** Magnitude of an integer that must be positive, without the sign byte. */
export function readPositive(element: DerElement, what: string): Uint8Array {
  const content = readInteger(element, what);
  if (content[0]! >= 0x80 || (content.length === 1 && content[0] === 0))
    refuse('DER_VALUE', `${what} is not positive.`);
  return content[0] === 0 ? content.subarray(1) : content;
}

/** A count or version: 0 to 2^31 - 1. */
export function readSmall(element: DerElement, what: string): number {
  const content = readInteger(element, what);
  if (content.length > 4 || content[0]! >= 0x80) refuse('DER_VALUE', `${what} is out of range.`);
  return content.reduce((value, byte) => value * 256 + byte, 0);
}

/** A bit string of whole bytes: keys and signatures. */
export function readBitBytes(element: DerElement, what: string): Uint8Array {
  expectTag(element, tags.bitString, what);
  if (element.content[0] !== 0) refuse('DER_VALUE', `${what} is not a bit string of whole bytes.`);
  return element.content.subarray(1);
}

/** A named bit list (X.690 11.2): numbers of the bits that are set, first bit 0. */
export function readNamedBits(element: DerElement, what: string): ReadonlySet<number> {
  expectTag(element, tags.bitString, what);
  const [unused, ...bytes] = element.content;
  const last = bytes.at(-1);
  const clean =
    last === undefined ? unused === 0 : unused !== undefined && unused < 8 && trailingZeros(last) === unused;
  if (!clean || bytes.length > 4) return refuse('DER_VALUE', `${what} is not a DER list of bits.`);
  const set = new Set<number>();
  bytes.forEach((byte, index) => {
    for (let bit = 0; bit < 8; bit += 1) if ((byte & (0x80 >> bit)) !== 0) set.add(index * 8 + bit);
  });
  return set;
}

/** Of a byte; 8 for zero, which a named bit list may not end with. */
function trailingZeros(byte: number): number {
  for (let bit = 0; bit < 8; bit += 1) if ((byte & (1 << bit)) !== 0) return bit;
  return 8;
}

export function readOctets(element: DerElement, what: string): Uint8Array {
  expectTag(element, tags.octetString, what);
  return element.content;
}

/** Dotted form. */
export function readOid(element: DerElement, what: string): string {
  expectTag(element, tags.oid, what);
  const { content } = element;
  if (content.length === 0 || content.length > 64 || content.at(-1)! >= 0x80)
    return refuse('DER_VALUE', `${what} is not an object identifier.`);
  const arcs: bigint[] = [];
  let arc = 0n;
  let fresh = true;
  for (const byte of content) {
    if (fresh && byte === 0x80) refuse('DER_VALUE', `${what} is an object identifier with needless bytes.`);
    arc = (arc << 7n) | BigInt(byte & 0x7f);
    fresh = byte < 0x80;
    if (!fresh) continue;
    if (arcs.length > 0) arcs.push(arc);
    else if (arc < 80n) arcs.push(arc / 40n, arc % 40n);
    else arcs.push(2n, arc - 80n);
    arc = 0n;
  }
  return arcs.join('.');
}

const utcTime = /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/u;
const generalizedTime = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/u;

/**
 * UTCTime or GeneralizedTime in the form of RFC 5280 4.1.2.5: seconds, no fraction, `Z`. Which of the two binds those who
 * write a date; who reads one has to take either (and NIST PKITS 4.2.4 tests it). Milliseconds since the epoch.
 */
export function readTime(element: DerElement, what: string): number {
  const text = String.fromCharCode(...element.content.subarray(0, 32));
  const isUtc = element.tag === tags.utcTime;
  if (!isUtc) expectTag(element, tags.generalizedTime, what);
  const match = (isUtc ? utcTime : generalizedTime).exec(text);
  if (match === null) return refuse('DER_VALUE', `${what} is not a DER time.`);
  const [, written, month, day, hour, minute, second] = match;
  const year = isUtc ? (Number(written) < 50 ? `20${written}` : `19${written}`) : written;
  // Temporal would read second 60 as 59.
  if (Number(second) > 59) return refuse('DER_VALUE', `${what} is not a DER time.`);
  try {
    return Temporal.Instant.from(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`).epochMilliseconds;
  } catch {
    return refuse('DER_VALUE', `${what} is not a date that exists.`);
  }
}
