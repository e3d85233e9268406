/** What nodes and grace have against a step in a database, as a later look finds them. */
import { expect, test } from 'vitest';
import { objectionOf } from '../../../../src/fleet/schema/nodes-allow.ts';
import type { ObservedNode } from '../../../../src/model/observed.ts';
import type { SchemaStepKind } from '../../../../src/model/plan.ts';
import { schema, seen } from '../../../support/plans.ts';

const [nowMs, graceMs] = [Date.UTC(2026, 0, 8), 86_400_000];
const silent: ObservedNode = {
  name: 'c',
  reachable: false,
  failure: { code: 'UNREACHABLE', message: '', retry: 'backoff' },
};
const [old, new_] = [seen('a', '1.4.0'), seen('b', '1.5.0')];

function against(kind: SchemaStepKind, nodes: readonly ObservedNode[], completeSince: string | null, grace = 0) {
  const params = { ...schema(kind, []).params, migration: 'phone', release: { db: '>=1.5.0' }, graceMs: grace };
  const schemas = { phone: { completeSince, release: { db: '>=1.5.0' } } };
  return objectionOf(schema(kind, [], { params }), nodes, { schemas }, nowMs)?.kind ?? null;
}

test.each([
  ['schema-expand', [old, silent], null],
  ['schema-migrate', [new_], null],
  ['schema-migrate', [new_, old], 'against'],
  ['schema-contract', [silent, old], 'against'],
  ['schema-contract', [silent, new_], 'silent'],
  ['schema-undo', [old], null],
  ['schema-undo', [silent, new_], 'against'],
  ['schema-undo', [silent, old], 'silent'],
] as const)('%s of %#', (kind, nodes, expected) => {
  expect(against(kind, nodes, null)).toBe(expected);
});

test.each([
  ['2026-01-07T00:00:00Z', null],
  ['2026-01-07T00:00:01Z', 'against'],
  [null, 'against'],
])('grace that counts from %s', (since, expected) => {
  expect(against('schema-contract', [new_], since, graceMs)).toBe(expected);
});
