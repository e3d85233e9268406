/**
 * Distinguished names, compared as RFC 5280 7.1 asks: text types without regard to case, spelling of spaces and string
 * type; every other type byte for byte.
 */
import { refuse } from '../refusal.ts';
import { fieldsOf, membersOf } from '../der/fields.ts';
import { type DerElement, tags } from '../der/read-der.ts';
import { readOid } from '../der/values.ts';

export interface Name {
  /** DER: equal for names that are written the same. */
  readonly bytes: Uint8Array;
  /** Equal for names that mean the same. */
  readonly key: string;
  /** The same per relative name, root first: one name stands below another when its parts begin with the other's. */
  readonly parts: readonly string[];
  /** Values of emailAddress, which constraints on mailboxes cover as well; '' for one that is not text. */
  readonly emails: readonly string[];
  /** For people: `CN=..., O=...`, most specific first. */
  readonly text: string;
  readonly isEmpty: boolean;
}

const shortNames: Readonly<Record<string, string>> = {
  '2.5.4.3': 'CN',
  '2.5.4.5': 'serialNumber',
  '2.5.4.6': 'C',
  '2.5.4.7': 'L',
  '2.5.4.8': 'ST',
  '2.5.4.10': 'O',
  '2.5.4.11': 'OU',
  '0.9.2342.19200300.100.1.25': 'DC',
  '1.2.840.113549.1.9.1': 'emailAddress',
};

const emailAddress = '1.2.840.113549.1.9.1';
const textTags: ReadonlySet<number> = new Set([tags.utf8String, tags.printableString, tags.ia5String]);
const limitAttributes = 64;
/** RFC 5280 A.1 allows 64 for most. Normalising text can take time with the square of its length. */
const limitValueBytes = 1024;

export function readName(element: DerElement, what: string): Name {
  const parts: string[] = [];
  const texts: string[] = [];
  const emails: string[] = [];
  for (const relative of membersOf(element, what, tags.sequence, false)) {
    const attributes = membersOf(relative, what, tags.set).map((attribute) => readAttribute(attribute, what));
    parts.push(partOf(attributes));
    texts.push(attributes.map((attribute) => attribute.text).join('+'));
    for (const { email } of attributes) if (email !== undefined) emails.push(email);
    if (parts.length > limitAttributes) refuse('DER_TOO_MANY', `${what} has more than ${limitAttributes} parts.`);
  }
  return {
    bytes: element.bytes,
    key: keyOfParts(parts),
    parts,
    emails,
    text: texts.reverse().join(', '),
    isEmpty: parts.length === 0,
  };
}

/** A relative name as it may follow another name; compares like a member of `parts`. */
export function readRelativeName(element: DerElement, what: string, tag: number): string {
  return partOf(membersOf(element, what, tag).map((attribute) => readAttribute(attribute, what)));
}

/** `key` of the name that has these parts. */
export function keyOfParts(parts: readonly string[]): string {
  return parts.join('\u0000');
}

interface Attribute {
  readonly key: string;
  readonly text: string;
  readonly email?: string;
}

function partOf(attributes: readonly Attribute[]): string {
  return attributes
    .map(({ key }) => key)
    .sort()
    .join('\u0001');
}

function readAttribute(element: DerElement, what: string): Attribute {
  const fields = fieldsOf(element, what);
  const type = readOid(fields.take(tags.oid), what);
  const value = fields.take();
  fields.end();
  const label = shortNames[type] ?? type;
  if (!textTags.has(value.tag)) {
    const hex = value.bytes.toHex();
    return { key: `${type}#${hex}`, text: `${label}=#${hex}`, ...(type === emailAddress && { email: '' }) };
  }
  const text = decodeText(value, what);
  return {
    key: `${type}=${folded(text)}`,
    text: `${label}=${printable(text)}`,
    ...(type === emailAddress && { email: text }),
  };
}

function decodeText(value: DerElement, what: string): string {
  if (value.content.length > limitValueBytes)
    refuse('DER_TOO_LARGE', `${what} holds a text of more than ${limitValueBytes} bytes.`);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(value.content);
  } catch {
    return refuse('DER_VALUE', `${what} holds text that is not valid.`);
  }
  const isAscii = value.content.every((byte) => byte < 0x80);
  if (value.tag !== tags.utf8String && !isAscii) refuse('DER_VALUE', `${what} holds text that is not valid.`);
  return text;
}

function folded(text: string): string {
  return escaped(text.normalize('NFKC').toLowerCase().normalize('NFKC').trim().replaceAll(/\s+/gu, ' '));
}

/** The separators of `key` cannot be forged from inside a value. */
function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\u0000', '\\0').replaceAll('\u0001', '\\1');
}

/** Control characters would let a name rewrite the terminal that shows it. */
function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '?').replaceAll(/[,+=]/gu, String.raw`\$&`);
}
