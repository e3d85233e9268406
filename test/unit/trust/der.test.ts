import { describe, expect, it } from 'vitest';
import { ThemisError } from '../../../src/kernel/error.ts';
import { checkTexts } from '../../../src/trust/der/check-primitive.ts';
import { fieldsOf, membersOf, unwrap } from '../../../src/trust/der/fields.ts';
import { readDer } from '../../../src/trust/der/read-der.ts';
import { derOf, derOid } from '../../../src/trust/der/write-der.ts';
import {
  readBitBytes,
  readBoolean,
  readInteger,
  readNamedBits,
  readOid,
  readPositive,
  readSmall,
  readTime,
} from '../../../src/trust/der/values.ts';
import { der, integer, octets, oid, sequence, time, utf8 } from '../../support/der.ts';

function codeOf(check: () => unknown): string {
  try {
    check();
    return 'ok';
  } catch (error) {
    return error instanceof ThemisError ? (error.reason ?? error.code) : String(error);
  }
}
const hex = (text: string): Uint8Array => Buffer.from(text.replaceAll(' ', ''), 'hex');

describe('reading DER', () => {
  it('gives a tree over the bytes it was given', () => {
    const bytes = sequence(integer(5), sequence(octets(Uint8Array.of(1, 2))));
    const tree = readDer(bytes);
    expect(tree.bytes).toEqual(bytes);
    expect(tree.children.map((child) => child.tag)).toEqual([0x02, 0x30]);
    expect([...tree.children[1]!.children[0]!.content]).toEqual([1, 2]);
  });

  it.each([
    ['nothing', '', 'DER_TRUNCATED'],
    ['half a header', '30', 'DER_TRUNCATED'],
    ['less than it says', '30 03 02 01', 'DER_TRUNCATED'],
    ['a child longer than its parent', '30 03 02 02 01 01', 'DER_TRUNCATED'],
    ['a header across the end of its parent', '30 01 02 01 00', 'DER_TRUNCATED'],
    ['bytes after the end', '02 01 00 00', 'DER_TRAILING_BYTES'],
    ['indefinite length', '30 80 02 01 00 00 00', 'DER_LENGTH_INDEFINITE'],
    ['a long form that is not needed', '02 81 01 00', 'DER_LENGTH_NOT_MINIMAL'],
    ['a length with leading zero', '04 82 00 80', 'DER_LENGTH_NOT_MINIMAL'],
    ['a length of five bytes', '04 85 01 00 00 00 00', 'DER_TOO_LARGE'],
    ['the reserved length', '04 ff', 'DER_TOO_LARGE'],
    ['a high tag number', '1f 81 01 00', 'DER_TAG'],
    ['end of contents', '00 00', 'DER_TAG'],
    ['a constructed string', '24 03 04 01 00', 'DER_TAG'],
    ['a primitive sequence', '10 00', 'DER_TAG'],
    ['an application tag', '60 00', 'DER_TAG'],
    ['a set out of order', '31 06 02 01 02 02 01 01', 'DER_SET_ORDER'],
  ])('%s is refused', (_, bytes, code) => {
    expect(codeOf(() => readDer(hex(bytes)))).toBe(code);
  });

  it('is bounded in size, depth and number', () => {
    const limits = { bytes: 100, depth: 4, elements: 10 };
    let nested = integer(1);
    for (let level = 0; level < 4; level += 1) nested = sequence(nested);
    expect(codeOf(() => readDer(Buffer.alloc(101), limits))).toBe('DER_TOO_LARGE');
    expect(codeOf(() => readDer(nested, limits))).toBe('DER_TOO_DEEP');
    expect(codeOf(() => readDer(sequence(...Array.from({ length: 10 }, () => integer(1))), limits))).toBe(
      'DER_TOO_MANY',
    );
  });

  it('takes deep nesting without using the call stack', () => {
    const bytes = Buffer.alloc(200_000);
    for (let index = 0; index < bytes.length; index += 2) bytes[index] = 0x30;
    expect(codeOf(() => readDer(bytes, { bytes: 1e6, depth: 1e6, elements: 1e6 }))).toMatch(/^DER_/u);
  });
});

describe('values', () => {
  const value = (text: string) => readDer(hex(text));
  it.each([
    ['a boolean of 1', () => readBoolean(value('01 01 01'), 'x')],
    ['a boolean of two bytes', () => readBoolean(value('01 02 ff ff'), 'x')],
    ['an integer without bytes', () => readInteger(value('02 00'), 'x')],
    ['an integer with a leading zero', () => readInteger(value('02 02 00 01'), 'x')],
    ['an integer with a leading ff', () => readInteger(value('02 02 ff 80'), 'x')],
    ['a negative number where positive is needed', () => readPositive(value('02 01 80'), 'x')],
    ['zero where positive is needed', () => readPositive(value('02 01 00'), 'x')],
    ['a small number that is large', () => readSmall(value('02 05 01 00 00 00 00'), 'x')],
    ['a bit string with unused bits', () => readBitBytes(value('03 02 01 80'), 'x')],
    ['a bit string without its first byte', () => readBitBytes(value('03 00'), 'x')],
    ['bits with trailing zeros', () => readNamedBits(value('03 02 00 80'), 'x')],
    ['bits with unused ones set', () => readNamedBits(value('03 02 07 c0'), 'x')],
    ['bits with a zero byte at the end', () => readNamedBits(value('03 03 00 80 00'), 'x')],
    ['no bits but unused ones', () => readNamedBits(value('03 01 01'), 'x')],
    ['an identifier without bytes', () => readOid(value('06 00'), 'x')],
    ['an identifier that stops half-way', () => readOid(value('06 02 2a 86'), 'x')],
    ['an identifier with a needless byte', () => readOid(value('06 03 2a 80 01'), 'x')],
    ['a time without seconds', () => readTime(der17('2607010000Z'), 'x')],
    ['a time with a zone', () => readTime(der17('260701000000+0100'), 'x')],
    ['a time with second 60', () => readTime(der17('260701000060Z'), 'x')],
    ['a day that does not exist', () => readTime(der17('260230000000Z'), 'x')],
    ['a generalized time with a fraction', () => readTime(readDer(der(0x18, Buffer.from('20260701000000.5Z'))), 'x')],
  ])('%s is refused', (_, check) => {
    expect(codeOf(check)).toBe('DER_VALUE');
  });

  it('are read as they are', () => {
    expect(readOid(readDer(oid('1.2.840.113549.1.7.2')), 'x')).toBe('1.2.840.113549.1.7.2');
    expect(readOid(readDer(oid('2.16.840.1.101.3.4.2.1')), 'x')).toBe('2.16.840.1.101.3.4.2.1');
    expect(readTime(readDer(time(Date.UTC(2026, 6, 1, 12))), 'x')).toBe(Date.UTC(2026, 6, 1, 12));
    expect(readTime(readDer(time(Date.UTC(2051, 0, 1))), 'x')).toBe(Date.UTC(2051, 0, 1));
    expect(readTime(der17('500101000000Z'), 'x')).toBe(Date.UTC(1950, 0, 1));
    expect([...readNamedBits(value('03 02 01 06'), 'x')]).toEqual([5, 6]);
    expect(readSmall(readDer(integer(65_537)), 'x')).toBe(65_537);
  });
});

describe('structure', () => {
  const two = readDer(sequence(integer(1), octets(Uint8Array.of(1))));
  it.each([
    ['a value of another type', () => readOid(readDer(integer(1)), 'x')],
    ['a sequence where a set is expected', () => membersOf(two, 'x', 0x31)],
    ['an empty list', () => membersOf(readDer(sequence()), 'x', 0x30)],
    ['another member than the next', () => fieldsOf(two, 'x').take(0x04)],
    ['a member left over', () => fieldsOf(two, 'x').end()],
    ['a wrapper around two elements', () => unwrap(two, 'x')],
  ])('%s is refused', (_, check) => {
    expect(codeOf(check)).toBe('DER_UNEXPECTED');
  });

  it('ends where the members end', () => {
    const fields = fieldsOf(two, 'x');
    fields.take(0x02);
    expect(fields.optional(0x02)).toBeUndefined();
    expect(fields.optional(0x04)?.content).toHaveLength(1);
    fields.end();
    expect(codeOf(() => fields.take())).toBe('DER_UNEXPECTED');
  });
});

function der17(text: string) {
  return readDer(der(0x17, Buffer.from(text)));
}

describe('writing DER', () => {
  it('takes the shortest length there is, and reads back', () => {
    for (const [length, head] of [
      [0x7f, '047f'],
      [0x80, '048180'],
      [0x1_0000, '0483010000'],
    ] as const) {
      const bytes = derOf(0x04, new Uint8Array(length));
      expect(Buffer.from(bytes).toString('hex', 0, head.length / 2)).toBe(head);
      expect(readDer(bytes).content).toHaveLength(length);
    }
  });

  it('writes an object identifier as others do', () => {
    for (const dotted of ['1.2.840.113549.1.7.2', '2.16.840.1.101.3.4.2.1', '1.3.101.112', '2.5.29.37']) {
      expect(Buffer.from(derOid(dotted))).toEqual(Buffer.from(oid(dotted)));
      expect(readOid(readDer(derOid(dotted)), 'it')).toBe(dotted);
    }
  });
});

describe('values that nobody reads', () => {
  const judge = (bytes: Uint8Array): string => codeOf(() => checkTexts(readDer(bytes), 'A value'));
  const ascii = (tag: number, text: string): Uint8Array => der(tag, Buffer.from(text, 'latin1'));

  it.each<[string, Uint8Array]>([
    ['a boolean of 01', der(0x01, Uint8Array.of(1))],
    ['a boolean of two bytes', der(0x01, Uint8Array.of(0, 0))],
    ['an integer without a value', der(0x02)],
    ['an integer with a needless 00', der(0x02, Uint8Array.of(0, 0))],
    ['an integer with a needless FF', der(0x02, Uint8Array.of(0xff, 0x80))],
    ['an enumerated with a needless 00', der(0x0a, Uint8Array.of(0, 1))],
    ['bits without a count', der(0x03)],
    ['bits with eight unused', der(0x03, Uint8Array.of(8, 0))],
    ['no bits with one unused', der(0x03, Uint8Array.of(1))],
    ['unused bits that are set', der(0x03, Uint8Array.of(1, 1))],
    ['a null with something in it', der(0x05, Uint8Array.of(0))],
    ['an object identifier without a value', der(0x06)],
    ['an object identifier that is cut short', der(0x06, Uint8Array.of(0x2a, 0x86))],
    ['an object identifier with needless bytes', der(0x06, Uint8Array.of(0x2a, 0x80, 0x01))],
    ['text that is not UTF-8', der(0x0c, Uint8Array.of(0xff))],
    ['a letter in a number', ascii(0x12, 'a')],
    ['an at sign in a PrintableString', ascii(0x13, 'a@b')],
    ['a letter beyond ASCII', ascii(0x16, 'é')],
    ['a control character that is to be visible', ascii(0x1a, '\t')],
    ['half a character', der(0x1e, Uint8Array.of(0))],
    ['half a character of four bytes', der(0x1c, Uint8Array.of(0, 0))],
    ['a time without seconds', ascii(0x17, '2601010000Z')],
    ['a time in another zone', ascii(0x18, '20260101000000+0000')],
    ['a fraction that ends with 0', ascii(0x18, '20260101000000.10Z')],
  ])('%s', (_, bytes) => {
    expect([judge(bytes), judge(sequence(sequence(bytes)))]).toEqual(['DER_VALUE', 'DER_VALUE']);
  });

  it.each<[string, Uint8Array]>([
    ['a negative integer', der(0x02, Uint8Array.of(0xff))],
    ['no bits', der(0x03, Uint8Array.of(0))],
    ['bits that end with zeros', der(0x03, Uint8Array.of(3, 0xf8))],
    ['a long object identifier', der(0x06, Uint8Array.of(0x88, 0x37, 0x83, 0x7f))],
    ['a time with a fraction', ascii(0x18, '20260101000000.5Z')],
    ['text of every kind', sequence(ascii(0x13, "A'(b)+,-./:=?"), ascii(0x12, '0 1'), ascii(0x14, 'é'), utf8('é'))],
  ])('are taken as they are: %s', (_, bytes) => {
    expect(judge(bytes)).toBe('ok');
  });
});
