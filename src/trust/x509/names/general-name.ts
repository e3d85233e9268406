/** GeneralName (RFC 5280 4.2.1.6): the forms that are compared anywhere, and the rest by tag and bytes. */
import { refuse } from '../../refusal.ts';
import { membersOf, unwrap } from '../../der/fields.ts';
import type { DerElement } from '../../der/read-der.ts';
import { tags } from '../../der/tags.ts';
import { type Name, readName } from '../name.ts';

export type GeneralName =
  | { readonly kind: 'email' | 'dns' | 'uri'; readonly text: string }
  | { readonly kind: 'directory'; readonly name: Name }
  | { readonly kind: 'other'; readonly tag: number; readonly hex: string };

const form = { email: 0x81, dns: 0x82, directory: 0xa4, uri: 0x86 } as const;
// otherName, x400Address, ediPartyName, iPAddress, registeredID.
const otherForms: ReadonlySet<number> = new Set([0xa0, 0xa3, 0xa5, 0x87, 0x88]);
const maxNames = 256;

export function readGeneralNames(
  element: DerElement,
  what: string,
  tag: number = tags.sequence,
): readonly GeneralName[] {
  const members = membersOf(element, what, tag);
  if (members.length > maxNames) refuse('DER_TOO_MANY', `${what} has more than ${maxNames} names.`);
  return members.map((member) => readGeneralName(member, what));
}

export function readGeneralName(element: DerElement, what: string): GeneralName {
  switch (element.tag) {
    case form.email:
      return { kind: 'email', text: asciiOf(element, what) };
    case form.dns:
      return { kind: 'dns', text: asciiOf(element, what) };
    case form.uri:
      return { kind: 'uri', text: asciiOf(element, what) };
    case form.directory:
      return { kind: 'directory', name: readName(unwrap(element, what), what) };
    default:
      if (!otherForms.has(element.tag)) return refuse('DER_UNEXPECTED', `${what} holds a name of no known form.`);
      return { kind: 'other', tag: element.tag, hex: element.content.toHex() };
  }
}

/** Equal for names of one form that mean the same; text is taken as it is written. */
export function keyOfName(name: GeneralName): string {
  if (name.kind === 'directory') return directoryKey(name.name.key);
  return name.kind === 'other' ? `${name.tag}:${name.hex}` : `${name.kind}:${name.text}`;
}

export function directoryKey(key: string): string {
  return `directory:${key}`;
}

function asciiOf(element: DerElement, what: string): string {
  const text = new TextDecoder('latin1').decode(element.content);
  if (!/^[\u0020-\u007e]*$/u.test(text)) refuse('DER_VALUE', `${what} holds text that is not printable ASCII.`);
  return text;
}
