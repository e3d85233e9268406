/**
 * TSTInfo (RFC 3161 2.4.2), parsed strictly: what a timestamp authority says about when it saw a hash. A fraction of
 * seconds has no needless zeros, a default is not written, and what is critical and unknown is refused.
 */
import { refuse } from '../refusal.ts';
import { type Fields, fieldsOf, unwrap } from '../der/fields.ts';
import { type DerElement, readDer } from '../der/read-der.ts';
import { tags } from '../der/tags.ts';
import { readBoolean, readInteger, readOctets, readOid, readSmall, readTime } from '../der/values.ts';
import { type Hash, readDigestAlgorithm } from '../x509/algorithm.ts';
import { readExtensionList } from '../x509/extension.ts';

export interface TimestampInfo {
  /** Of the authority, under which it issued the token. */
  readonly policy: string;
  readonly imprint: { readonly hash: Hash; readonly value: Uint8Array };
  /** Hex. */
  readonly serial: string;
  /** Cut to milliseconds. */
  readonly genTimeMs: number;
  /** How much of a millisecond was cut off: 0 or 1, rounded up. */
  readonly cutMs: number;
  /** How far the true time may lie to either side. 0 where nothing is said. */
  readonly accuracyMs: number;
  /** Hex of the DER integer. */
  readonly nonce: string | null;
  /** GeneralName by which the authority calls itself. */
  readonly authority: DerElement | null;
}

const what = 'The timestamp';
const context = { zero: 0xa0, one: 0xa1, millis: 0x80, micros: 0x81 } as const;

export function readTimestampInfo(bytes: Uint8Array): TimestampInfo {
  const fields = fieldsOf(readDer(bytes), what);
  const version = readSmall(fields.take(tags.integer), 'The version of the timestamp');
  if (version !== 1) refuse('TIMESTAMP_VERSION', `Timestamps of version ${version} are not accepted.`);
  const policy = readOid(fields.take(tags.oid), 'The policy of the timestamp');
  const imprint = readImprint(fields.take(tags.sequence));
  const serial = readSerial(fields.take(tags.integer));
  const { genTimeMs, cutMs } = readGenTime(fields.take());
  const accuracyMs = readAccuracy(fields.optional(tags.sequence));
  checkOrdering(fields);
  const nonce = fields.optional(tags.integer);
  const authority = fields.optional(context.zero);
  checkExtensions(fields.optional(context.one));
  fields.end();
  return {
    policy,
    imprint,
    serial,
    genTimeMs,
    cutMs,
    accuracyMs,
    nonce: nonce === undefined ? null : readInteger(nonce, 'The nonce of the timestamp').toHex(),
    authority: authority === undefined ? null : unwrap(authority, 'The name of the timestamp authority'),
  };
}

function readImprint(element: DerElement): TimestampInfo['imprint'] {
  const fields = fieldsOf(element, 'The imprint of the timestamp');
  const hash = readDigestAlgorithm(fields.take(tags.sequence));
  const value = readOctets(fields.take(tags.octetString), 'The imprint of the timestamp');
  fields.end();
  return { hash, value };
}

/** Up to 160 bits (RFC 3161 2.4.2). */
function readSerial(element: DerElement): string {
  const serial = readInteger(element, 'The serial number of the timestamp');
  if (serial.length > 21) refuse('DER_VALUE', 'The serial number of the timestamp is longer than 160 bits.');
  return serial.toHex();
}

const fraction = /^(\d{14})\.(\d{0,8}[1-9])Z$/u;

/** GeneralizedTime with seconds, and a fraction that does not end with 0 (RFC 3161 2.4.2). */
function readGenTime(element: DerElement): Pick<TimestampInfo, 'genTimeMs' | 'cutMs'> {
  const text = new TextDecoder('latin1').decode(element.content.subarray(0, 32));
  const match = fraction.exec(text);
  if (element.tag !== tags.generalizedTime || !(match !== null || /^\d{14}Z$/u.test(text)))
    return refuse('TIMESTAMP_TIME', 'The time of the timestamp is not written as RFC 3161 asks.');
  if (match === null) return { genTimeMs: readTime(element, 'The time of the timestamp'), cutMs: 0 };
  const whole = { ...element, content: new TextEncoder().encode(`${match[1]!}Z`) };
  const digits = match[2]!;
  const genTimeMs = readTime(whole, 'The time of the timestamp') + Number(digits.padEnd(3, '0').slice(0, 3));
  // The last digit is never 0.
  return { genTimeMs, cutMs: digits.length > 3 ? 1 : 0 };
}

function readAccuracy(element: DerElement | undefined): number {
  if (element === undefined) return 0;
  const fields = fieldsOf(element, 'The accuracy of the timestamp');
  const seconds = fields.optional(tags.integer);
  const millis = fields.optional(context.millis);
  const micros = fields.optional(context.micros);
  fields.end();
  const secondsMs = seconds === undefined ? 0 : readSmall(seconds, 'The accuracy of the timestamp') * 1000;
  return secondsMs + readThousandths(millis) + Math.ceil(readThousandths(micros) / 1000);
}

/** 0 where it is absent. */
function readThousandths(element: DerElement | undefined): number {
  if (element === undefined) return 0;
  const value = readSmall({ ...element, tag: tags.integer }, 'The accuracy of the timestamp');
  if (value < 1 || value > 999)
    refuse('TIMESTAMP_ACCURACY', 'The accuracy of the timestamp has a part outside 1 to 999.');
  return value;
}

function checkOrdering(fields: Fields): void {
  const ordering = fields.optional(tags.boolean);
  if (ordering !== undefined && !readBoolean(ordering, 'The ordering of the timestamp'))
    refuse('DER_VALUE', 'The timestamp writes a default value.');
}

function checkExtensions(element: DerElement | undefined): void {
  if (element === undefined) return;
  const list = readExtensionList({ ...element, tag: tags.sequence }, 'TIMESTAMP_EXTENSION_REPEATED');
  const critical = list.find(({ isCritical }) => isCritical);
  if (critical !== undefined)
    refuse(
      'TIMESTAMP_EXTENSION_CRITICAL',
      `The timestamp carries the critical extension ${critical.oid}, which is unknown.`,
    );
}
