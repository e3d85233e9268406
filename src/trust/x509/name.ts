/**
 * Distinguished names, compared as RFC 5280 7.1 asks: text without regard to case, spelling of spaces and string type
 * (`name-text.ts`); every other value byte for byte.
 */
import { refuse } from '../refusal.ts';
import { fieldsOf, membersOf } from '../der/fields.ts';
import type { DerElement } from '../der/read-der.ts';
import { tags } from '../der/tags.ts';
import { readOid } from '../der/values.ts';
import { readNameText } from './name-text.ts';

export interface Name {
  /** DER: equal for names that are written the same. */
  readonly bytes: Uint8Array;
  /** Equal for names that mean the same. */
  readonly key: string;
  /** The same per relative name, root first: one name stands below another when its parts begin with the other's. */
  readonly parts: readonly string[];
  /** What each part is made of, for where equal is not all that can be told. */
  readonly attributes: readonly (readonly NameAttribute[])[];
  /** In all parts together. */
  readonly attributeCount: number;
  /** Every value is text: equal or not is all there is to tell. */
  readonly isText: boolean;
  /** Values of emailAddress, which constraints on mailboxes cover as well; '' for one that is not text. */
  readonly emails: readonly string[];
  /** For people: `CN=..., O=...`, most specific first. */
  readonly text: string;
  readonly isEmpty: boolean;
}

export interface NameAttribute {
  /** Object identifier. */
  readonly type: string;
  /** Equal for values of one type that mean the same. */
  readonly key: string;
  /** Text; a tag for values that are none; `unsure` for text that not everybody reads alike. */
  readonly form: 'text' | 'unsure' | number;
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
const limitAttributes = 64;

export function readName(element: DerElement, what: string): Name {
  const parts: string[] = [];
  const attributesOfParts: (readonly NameAttribute[])[] = [];
  const texts: string[] = [];
  const emails: string[] = [];
  let count = 0;
  for (const relative of membersOf(element, what, tags.sequence, false)) {
    const attributes = membersOf(relative, what, tags.set).map((attribute) => readAttribute(attribute, what));
    parts.push(partOf(attributes));
    attributesOfParts.push(attributes);
    texts.push(attributes.map((attribute) => attribute.text).join('+'));
    for (const { email } of attributes) if (email !== undefined) emails.push(email);
    count += attributes.length;
    if (count > limitAttributes) refuse('DER_TOO_MANY', `${what} has more than ${limitAttributes} attributes.`);
  }
  return {
    bytes: element.bytes,
    key: keyOfParts(parts),
    parts,
    attributes: attributesOfParts,
    attributeCount: count,
    isText: attributesOfParts.flat().every(({ form }) => form === 'text'),
    emails,
    text: texts.reverse().join(', '),
    isEmpty: parts.length === 0,
  };
}

/** A relative name as it may follow another name; compares like a member of `parts`. */
export function readRelativeName(element: DerElement, what: string, tag: number): string {
  return partOf(membersOf(element, what, tag).map((attribute) => readAttribute(attribute, what)));
}

/** `key` of the name that has these parts, whose text holds no control characters. */
export function keyOfParts(parts: readonly string[]): string {
  return parts.join('\u0000');
}

interface Attribute extends NameAttribute {
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
  const read = readNameText(value, what);
  const isEmail = type === emailAddress;
  if (read === null || read.prepared === null) {
    const hex = value.bytes.toHex();
    const form = read === null ? value.tag : 'unsure';
    return { type, form, key: `${type}#${hex}`, text: `${label}=#${hex}`, ...(isEmail && { email: '' }) };
  }
  const { text, prepared } = read;
  return {
    type,
    form: 'text',
    key: `${type}=${prepared}`,
    text: `${label}=${printable(text)}`,
    ...(isEmail && { email: text }),
  };
}

/** Whether two parts of names that do not compare as equal may mean the same all the same. */
export function mayMeanTheSame(some: readonly NameAttribute[], others: readonly NameAttribute[]): boolean {
  if (some.length !== others.length) return false;
  return [...new Set(some.map(({ type }) => type))].every((type) => {
    const [mine, theirs] = [some, others].map((list) => list.filter((attribute) => attribute.type === type));
    if (mine!.length !== theirs!.length) return false;
    if (mine!.some((one) => theirs!.some((other) => areInDoubt(one, other)))) return true;
    return mine!.every(({ key }) => theirs!.some((other) => other.key === key));
  });
}

/** Text is compared with text, and bytes of one type with bytes of that type. */
function areInDoubt(one: NameAttribute, other: NameAttribute): boolean {
  return one.key !== other.key && (one.form !== other.form || one.form === 'unsure');
}

/** Control characters would let a name rewrite the terminal that shows it. */
function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '?').replaceAll(/[,+=]/gu, String.raw`\$&`);
}
