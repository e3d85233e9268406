import { expect, test } from 'vitest';
import type { Operation } from '../../../../src/model/documents.ts';
import { operationsDifference } from '../../../../src/plan/schema/operations-difference.ts';

const drop = (table: string): Operation => ({ dropTable: { table } });
const line = (sign: string, table: string): string => `${sign} {"dropTable":{"table":"${table}"}}`;

test('equal lists do not differ, whatever the order of their fields', () => {
  const a: Operation = { dropColumn: { table: 't', column: 'c' } };
  const b: Operation = { dropColumn: { column: 'c', table: 't' } };
  expect(operationsDifference([a, drop('x')], [b, drop('x')])).toEqual([]);
});

test('what is new, gone and moved stands in the order of the operations', () => {
  const [a, b, c, d] = ['a', 'b', 'c', 'd'].map(drop) as [Operation, Operation, Operation, Operation];
  expect(operationsDifference([a, b, c], [a, d, c])).toEqual([line('-', 'b'), line('+', 'd')]);
  expect(operationsDifference([a, b], [b, a])).toEqual([line('-', 'a'), line('+', 'a')]);
  expect(operationsDifference([], [a])).toEqual([line('+', 'a')]);
  expect(operationsDifference([a], [])).toEqual([line('-', 'a')]);
});

test('a long difference is cut, and says so', () => {
  const many = Array.from({ length: 30 }, (_, index) => drop(`t${index}`));
  const lines = operationsDifference(many, []);
  expect([lines.length, lines.at(-1)]).toEqual([21, 'and 10 more']);
  expect(operationsDifference([{ rawSql: { up: 'x'.repeat(1000), down: 'y' } }], [])[0]!.length).toBeLessThan(310);
});
