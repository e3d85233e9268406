import { describe, expect, it } from 'vitest';
import { readDer } from '../../../src/trust/der/read-der.ts';
import { readGeneralName } from '../../../src/trust/x509/names/general-name.ts';
import { isWithin, subjectOf, subtreeOf } from '../../../src/trust/x509/names/is-within.ts';
import { readName } from '../../../src/trust/x509/name.ts';
import { refusing } from '../../../src/trust/refusal.ts';
import { der, octets, oid, printable, sequence, setOf, utf8 } from '../../support/der.ts';
import { generalName } from '../../support/pki-constraints.ts';

const attribute = (value: Uint8Array, type = '2.5.4.10'): Uint8Array => sequence(oid(type), value);
const nameOf = (...values: readonly Uint8Array[]): Uint8Array =>
  sequence(...values.map((value) => setOf(attribute(value))));
const read = (bytes: Uint8Array) => readName(readDer(bytes), 'A name');
const ascii = (tag: number, text: string): Uint8Array => der(tag, Buffer.from(text, 'latin1'));
const utf16 = (text: string): Uint8Array => der(0x1e, Buffer.from(text, 'utf16le').swap16());
const utf32 = (text: string): Uint8Array =>
  der(
    0x1c,
    Buffer.concat(Array.from(text, (one) => Buffer.from(one.codePointAt(0)!.toString(16).padStart(8, '0'), 'hex'))),
  );

describe('a text in a name means the same', () => {
  it.each<[string, Uint8Array]>([
    ['PrintableString', printable('Root Ca')],
    ['IA5String', ascii(0x16, 'Root Ca')],
    ['VisibleString', ascii(0x1a, 'Root Ca')],
    ['TeletexString', ascii(0x14, 'Root Ca')],
    ['GeneralString', ascii(0x1b, 'Root Ca')],
    ['BMPString', utf16('Root Ca')],
    ['UniversalString', utf32('Root Ca')],
    ['capitals', utf8('ROOT CA')],
    ['more spaces', utf8('  Root   Ca ')],
    ['spaces of other kinds', utf8('Root\u00a0\u3000Ca')],
    ['a tab', utf8('Root\tCa')],
    ['a soft hyphen', utf8('Ro\u00adot Ca')],
    ['a space without width', utf8('Ro\u200bot Ca')],
    ['a mark of direction', utf8('\u202eRoot Ca')],
    ['a joiner and a selector', utf8('Ro\u034fot\ufe0f Ca')],
    ['a byte order mark', utf8('\ufeffRoot Ca')],
    ['wide letters', utf8('\uff32oot Ca')],
    ['a control character', utf8('Root\u0000 Ca')],
  ])('as %s', (_, value) => {
    expect(read(nameOf(value)).key).toBe(read(nameOf(utf8('root ca'))).key);
  });

  it.each([
    ['Straße', 'STRASSE'],
    ['ΟΔΟΣ', 'οδος'],
    ['\u212bngstr\u00f6m', '\u00e5ngstro\u0308m'],
  ])('%s as %s', (one, other) => {
    expect(read(nameOf(utf8(one))).key).toBe(read(nameOf(utf8(other))).key);
  });

  it.each<[string, Uint8Array, Uint8Array]>([
    ['another word', utf8('Root'), utf8('Boot')],
    ['a dotless i', utf8('I'), utf8('\u0131')],
    ['a word in two', utf8('Root Ca'), utf8('RootCa')],
    ['no text', utf8('Root'), octets(Buffer.from('Root'))],
    ['text that cannot be compared', utf8('Root\ufffd'), utf8('root\ufffd')],
    ['two parts forged by a separator', utf8('a\u00002.5.4.10=b'), utf8('a')],
  ])('but not as %s', (_, one, other) => {
    expect(read(nameOf(one)).key).not.toBe(read(nameOf(other)).key);
  });

  it.each<[string, Uint8Array]>([
    ['half a character', der(0x1e, Uint8Array.of(0x45))],
    ['half of a pair', der(0x1e, Uint8Array.of(0xd8, 0x00))],
    ['a character beyond Unicode', der(0x1c, Uint8Array.of(0, 0x11, 0, 0))],
    ['an underscore in a PrintableString', printable('a_b')],
    ['bytes beyond ASCII', ascii(0x1a, 'é')],
  ])('and %s is refused', (_, value) => {
    expect(refusing(() => read(nameOf(value)))).toMatchObject({ code: 'DER_VALUE' });
  });

  it('with its two parts kept apart, whatever stands in them', () => {
    expect(read(nameOf(utf8('a'), utf8('b'))).key).not.toBe(read(nameOf(utf8('a\u00002.5.4.10=b'))).key);
  });
});

describe('a name within a subtree', () => {
  const within = (name: Uint8Array, base: Uint8Array): string => {
    const [one, other] = [name, base].map((each) => readGeneralName(readDer(generalName.directory(each)), 'A name'));
    return isWithin(subjectOf(one!), subtreeOf(other!), 'excluded');
  };
  const e = ascii(0x14, 'Mus\u00e9e');

  it.each<[string, Uint8Array, Uint8Array, string]>([
    ['the same', nameOf(utf8('a'), utf8('b')), nameOf(utf16('A')), 'yes'],
    ['above', nameOf(utf8('a')), nameOf(utf8('a'), utf8('b')), 'no'],
    ['text that is not surely read, against text', nameOf(e), nameOf(utf8('Musée')), 'unknown'],
    ['the same bytes', nameOf(e), nameOf(e), 'yes'],
    ['other bytes of that kind', nameOf(e), nameOf(ascii(0x14, 'MUS\u00c9E')), 'unknown'],
    ['a part that differs for sure beside it', nameOf(e, utf8('x')), nameOf(utf8('Musée'), utf8('y')), 'no'],
    ['bytes against text', nameOf(octets(Buffer.from('a'))), nameOf(utf8('a')), 'unknown'],
    ['bytes against other bytes', nameOf(octets(Buffer.from('a'))), nameOf(octets(Buffer.from('b'))), 'no'],
    ['an attribute of another type', sequence(setOf(attribute(e, '2.5.4.3'))), nameOf(utf8('Musée')), 'no'],
    [
      'a part of two attributes',
      sequence(setOf(attribute(e), attribute(utf8('x'), '2.5.4.3'))),
      sequence(setOf(attribute(utf8('Musée')), attribute(utf8('X'), '2.5.4.3'))),
      'unknown',
    ],
    [
      'a part of two attributes, one of them another',
      sequence(setOf(attribute(e), attribute(utf8('x'), '2.5.4.3'))),
      sequence(setOf(attribute(utf8('Musée')), attribute(utf8('y'), '2.5.4.3'))),
      'no',
    ],
  ])('%s', (_, name, base, answer) => {
    expect(within(name, base)).toBe(answer);
  });
});
