import { expect, test } from 'vitest';
import { conversionOf, isWidening, sameType } from '../../../../src/migrate/shadow/conversion.ts';
import { columnNamed } from '../../../support/migrate/catalogs.ts';

test.each([
  ['character varying(20)', 'varchar(20)', 'same'],
  ['timestamp with time zone', 'timestamptz', 'same'],
  ['integer', 'INT4', 'same'],
  ['timestamp(3) with time zone', 'timestamptz(3)', 'same'],
  ['character varying(20)', 'varchar(40)', 'wider'],
  ['character varying(20)', 'varchar', 'wider'],
  ['character varying(20)', 'text', 'wider'],
  ['text', 'varchar', 'wider'],
  ['numeric(10,2)', 'decimal(12, 2)', 'wider'],
  ['numeric(10,2)', 'numeric', 'wider'],
  ['timestamp(3) without time zone', 'timestamp', 'wider'],
  ['text', 'varchar(40)', 'other'],
  ['character varying(20)', 'varchar(10)', 'other'],
  ['numeric(10,2)', 'numeric(12,3)', 'other'],
  ['numeric', 'numeric(12,3)', 'other'],
  ['integer', 'bigint', 'other'],
  ['character varying(20)[]', 'text[]', 'other'],
  ['character(4)', 'text', 'other'],
])('%s to %s is %s', (from, to, wanted) => {
  const found = sameType(from, to) ? 'same' : isWidening(from, to) ? 'wider' : 'other';
  expect(found).toBe(wanted);
});

test.each([
  ['integer', 'bigint', true],
  ['integer', 'numeric', true],
  ['integer', 'text', true],
  ['uuid', 'varchar', true],
  ['bigint', 'integer', false],
  ['bigint', 'numeric(10)', false],
  ['text', 'integer', false],
  ['numeric(10,2)', 'text', false],
  ['integer[]', 'bigint[]', false],
])('%s to %s can fail for no value and makes none equal: %s', (from, to, wanted) => {
  const column = columnNamed('a', { type: from });
  expect(conversionOf(column, to, {}).forwardSafe).toBe(wanted);
  expect(conversionOf(column, to, { using: 'a' }).forwardSafe).toBe(false);
});

test('expressions of the document stand in parentheses', () => {
  const column = columnNamed('a', { type: 'text' });
  const { forward, back } = conversionOf(column, 'integer', { using: 'a::integer + 1', reverseUsing: '(a - 1)::text' });
  expect([forward, back]).toEqual(['(a::integer + 1)', '((a - 1)::text)']);
});
