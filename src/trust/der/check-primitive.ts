/**
 * The content of universal primitives in its one DER form (X.690 8 and 11), whoever reads the value or does not.
 * `checkPrimitive` knows the types that have one form wherever they stand; text and times have readers of their own, who say
 * more about them, and `checkTexts` is for values that nobody reads.
 */
import { refuse } from '../refusal.ts';
import type { DerElement } from './read-der.ts';
import { tags } from './tags.ts';

/** Refuses with DER_VALUE. `start`: where it stands, for the message. */
export function checkPrimitive(tag: number, content: Uint8Array, start: number): void {
  if (!isPrimitiveInForm(tag, content)) refuse('DER_VALUE', `The value at byte ${start} is not in its DER form.`);
}

function isPrimitiveInForm(tag: number, content: Uint8Array): boolean {
  switch (tag) {
    case tags.boolean:
      return content.length === 1 && (content[0] === 0 || content[0] === 0xff);
    case tags.integer:
    case tags.enumerated:
      return isMinimal(content);
    case tags.bitString:
      return isBitString(content);
    case tags.null:
      return content.length === 0;
    case tags.oid:
      return isObjectIdentifier(content);
    default:
      return true;
  }
}

/** X.690 8.3.2: the first nine bits are neither all zero nor all one. */
function isMinimal(content: Uint8Array): boolean {
  const [first, second] = [content[0], content[1]];
  if (first === undefined) return false;
  return second === undefined || !((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80));
}

/** X.690 8.6.2 and 11.2.1: at most seven bits are unused, and those are zero. */
function isBitString(content: Uint8Array): boolean {
  const unused = content[0];
  if (unused === undefined || unused > 7) return false;
  return content.length === 1 ? unused === 0 : (content[content.length - 1]! & ((1 << unused) - 1)) === 0;
}

/** X.690 8.19.2: whole numbers, none of them written with needless leading bytes. */
function isObjectIdentifier(content: Uint8Array): boolean {
  let isFresh = true;
  for (let index = 0; index < content.length; index += 1) {
    const byte = content[index]!;
    if (isFresh && byte === 0x80) return false;
    isFresh = byte < 0x80;
  }
  return isFresh && content.length > 0;
}

/** What may stand in strings of one byte for each character (Rec. ITU-T X.680 41). */
export const alphabets: Readonly<Record<number, RegExp>> = {
  [tags.numericString]: /^[\d ]*$/u,
  [tags.printableString]: /^[A-Za-z0-9 '()+,\-./:=?]*$/u,
  [tags.ia5String]: /^[\0-\u007f]*$/u,
  [tags.visibleString]: /^[ -~]*$/u,
};
/** X.690 11.7 and 11.8. */
const times: Readonly<Record<number, RegExp>> = {
  [tags.utcTime]: /^\d{12}Z$/u,
  [tags.generalizedTime]: /^\d{14}(?:\.\d*[1-9])?Z$/u,
};

/** Refuses with DER_VALUE where a text or a time anywhere in `element` is not in its DER form. */
export function checkTexts(element: DerElement, what: string): void {
  const pending = [element];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (!isTextInForm(next)) refuse('DER_VALUE', `${what} holds text or a time that is not in its DER form.`);
    pending.push(...next.children);
  }
}

function isTextInForm({ tag, content }: DerElement): boolean {
  if (tag === tags.bmpString) return content.length % 2 === 0;
  if (tag === tags.universalString) return content.length % 4 === 0;
  if (tag === tags.utf8String) return isUtf8(content);
  const form = alphabets[tag] ?? times[tag];
  return form === undefined || form.test(new TextDecoder('latin1').decode(content));
}

function isUtf8(content: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(content);
    return true;
  } catch {
    return false;
  }
}
