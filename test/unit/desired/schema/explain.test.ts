import { describe, expect, test } from 'vitest';
import { explain, type ExplainPage } from '../../../../src/desired/schema/explain.ts';
import { kinds, resolveSchema, schemaOf, type Schema } from '../../../../src/desired/schema/schemas.ts';

function page(query: string): ExplainPage {
  const found = explain(query);
  if (found.kind !== 'page') throw new Error(`${query}: ${found.at} is not known`);
  return found.page;
}

test('a field has type, default, description and limits', () => {
  expect(page('Rollout.spec.health.timeout')).toMatchObject({ type: 'duration', default: '30s', required: false });
  expect(page('Rollout.spec.onFailure')).toMatchObject({ allowed: ['rollback', 'pause'], default: 'rollback' });
  expect(page('Rollout.spec.maxUnavailable')).toMatchObject({ type: 'whole number', limits: '1 to 1000' });
  expect(page('Fleet.spec.packages')).toMatchObject({ type: 'map of version ranges', required: true });
  expect(page('Fleet.spec.nodes.transport')).toMatchObject({ type: 'map', limits: 'exactly one of its fields' });
  expect(page('Rollout.spec.stages').limits).toBe('not empty');
});

test('what is below a list is reached through it, with or without an index', () => {
  expect(page('Fleet.spec.nodes[0].name').address).toBe('Fleet.spec.nodes.name');
  expect(page('Fleet.spec.nodes').type).toBe('list of maps');
  expect(page('Fleet.spec.nodes').children.map(({ name }) => name)).toEqual([
    'name',
    'transport',
    'cluster',
    'labels',
    'tenants',
  ]);
});

test('kinds and fields are found whatever their case', () => {
  expect(page('update-policy').kind).toBe('UpdatePolicy');
  expect(page('rollout.SPEC.maxunavailable').address).toBe('Rollout.spec.maxUnavailable');
});

test('what is in spec is found without it', () => {
  expect(page('Rollout.stages[0].bake').address).toBe('Rollout.spec.stages.bake');
  expect(page('Rollout.metadata.name').address).toBe('Rollout.metadata.name');
  expect(explain('Rollout.stage')).toMatchObject({ kind: 'unknown', at: 'stage', below: 'Rollout' });
});

test('what is not acted on yet says so', () => {
  expect(page('Fleet.spec.coordination.etcd').experimental).toMatch(/^[A-Z]/u);
  expect(page('Rollout.spec.stages').experimental).toBeUndefined();
  expect(page('Fleet.spec.coordination').children.find(({ name }) => name === 'etcd')?.experimental).toBe(true);
});

test('a slip of the pen is met with the word that was meant', () => {
  expect(explain('Rolout')).toMatchObject({ kind: 'unknown', at: 'Rolout', near: 'Rollout' });
  expect(explain('Rollout.spec.stage')).toMatchObject({ at: 'stage', below: 'Rollout.spec', near: 'stages' });
  expect(explain('Rollout.spec.onFailure.x')).toMatchObject({ at: 'x', choices: [] });
  expect(explain('')).toMatchObject({ kind: 'unknown' });
});

describe.each(kinds)('%s', (kind) => {
  test('every field has a page with a description', () => {
    const root = schemaOf(kind);
    const walk = (schema: Schema, path: string): readonly string[] => [
      path,
      ...Object.entries(schema.properties ?? {}).flatMap(([name, child]) =>
        walk(resolveSchema(root, child), `${path}.${name}`),
      ),
      ...(schema.items === undefined ? [] : walk(resolveSchema(root, schema.items), path)),
    ];
    for (const path of walk(root, kind)) expect([path, page(path).description]).not.toEqual([path, '']);
  });
});
