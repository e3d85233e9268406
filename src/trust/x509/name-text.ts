/**
 * Values in names as text, whatever string type they are written in, and prepared for comparison (RFC 5280 7.1, RFC 4518):
 * case, spelling of spaces, width, and what nobody sees make no difference. Where a value has no text that everybody reads
 * alike, it is `unsure`: compared byte for byte, and in doubt wherever a constraint is at stake.
 */
import { refuse } from '../refusal.ts';
import type { DerElement } from '../der/read-der.ts';
import { alphabets } from '../der/check-primitive.ts';
import { tags } from '../der/tags.ts';

export interface NameText {
  readonly text: string;
  /** How it compares; null where that is not defined. */
  readonly prepared: string | null;
}

/** RFC 5280 A.1 allows 64 for most. Normalising text can take time with the square of its length. */
const limitBytes = 1024;

/** Character sets that are switched inside, or that everybody takes for another: their common part is the one of PrintableString. */
const loose: ReadonlySet<number> = new Set([
  tags.teletexString,
  tags.videotexString,
  tags.graphicString,
  tags.generalString,
]);
const printableOnly = alphabets[tags.printableString]!;

/** null for a value that is no string. Refuses a string that is not valid, or too long: DER_VALUE, DER_TOO_LARGE. */
export function readNameText(value: DerElement, what: string): NameText | null {
  const decode = decoderOf(value.tag);
  if (decode === null) return null;
  if (value.content.length > limitBytes)
    refuse('DER_TOO_LARGE', `${what} holds a text of more than ${limitBytes} bytes.`);
  const text = decode(value.content);
  if (text === null) return refuse('DER_VALUE', `${what} holds text that is not valid.`);
  const isUnsure = loose.has(value.tag) && !printableOnly.test(text);
  return { text, prepared: isUnsure ? null : prepare(text) };
}

type Decode = (bytes: Uint8Array) => string | null;

function decoderOf(tag: number): Decode | null {
  if (tag === tags.utf8String) return decodeUtf8;
  if (tag === tags.bmpString) return (bytes) => decodeUnits(bytes, 2);
  if (tag === tags.universalString) return (bytes) => decodeUnits(bytes, 4);
  const alphabet = alphabets[tag];
  if (alphabet !== undefined)
    return (bytes) => {
      const text = String.fromCharCode(...bytes);
      return alphabet.test(text) ? text : null;
    };
  return loose.has(tag) ? (bytes) => String.fromCharCode(...bytes) : null;
}

function decodeUtf8(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

/** Big-endian UTF-16 or UTF-32. */
function decodeUnits(bytes: Uint8Array, size: 2 | 4): string | null {
  if (bytes.length % size !== 0) return null;
  let text = '';
  for (let at = 0; at < bytes.length; at += size) {
    const unit = bytes.subarray(at, at + size).reduce((value, byte) => value * 256 + byte, 0);
    if (unit > 0x10_ff_ff) return null;
    text += size === 2 ? String.fromCharCode(unit) : String.fromCodePoint(unit);
  }
  return text.isWellFormed() ? text : null;
}

const spaces = /[\t-\r\u0085\p{Z}]/gu;
/** Controls, what steers the direction or shape of text, and marks without a place of their own. */
const unseen = /[\p{Cc}\p{Cf}\p{Variation_Selector}\u1806\ufffc]|\u034f/gu;
/** RFC 4518 2.4: with these the comparison is undefined. */
const prohibited = /[\p{Co}\p{Cn}\ufffd]/u;

/** RFC 4518 2.2 to 2.6. No control characters are left. */
function prepare(text: string): string | null {
  if (prohibited.test(text)) return null;
  const mapped = text.replaceAll(spaces, ' ').replaceAll(unseen, '').normalize('NFKC');
  return foldCase(mapped).normalize('NFKC').trim().replaceAll(/ +/gu, ' ');
}

/** RFC 3454 B.2: as capitals would make them equal, so that ß is ss, and dotless ı itself. */
function foldCase(text: string): string {
  const fold = (part: string): string => part.toLowerCase().toUpperCase().toLowerCase().replaceAll('ς', 'σ');
  return text.split('ı').map(fold).join('ı');
}
