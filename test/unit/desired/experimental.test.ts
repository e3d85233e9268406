import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { experimentalFindings, experimentalMarks, markedSchema } from '../../../src/desired/experimental.ts';
import { kinds, resolveSchema, schemaOf, type Kind, type Schema } from '../../../src/desired/schema/schemas.ts';
import { compareText } from '../../../src/kernel/finding.ts';
import { desiredOf, document, goodFleet } from '../../support/findings-of.ts';

function marksOf(kind: Kind): readonly string[] {
  const root = schemaOf(kind);
  const walk = (schema: Schema, path: readonly string[]): readonly string[] => {
    const here = schema['x-themis-experimental'] === true ? [[kind, ...path].join('.')] : [];
    const inner = Object.entries(schema.properties ?? {}).flatMap(([name, child]) =>
      walk(resolveSchema(root, child), [...path, name]),
    );
    const items = schema.items === undefined ? [] : walk(resolveSchema(root, schema.items), [...path, 'items']);
    return [...here, ...inner, ...items];
  };
  return walk(root, []);
}

test('every experimental mark of the schemas is recognised in Desired, and says what happens instead', () => {
  const recognised = experimentalMarks.map(({ kind, path }) => [kind, ...path].join('.'));
  expect([...recognised].sort()).toEqual(kinds.flatMap(marksOf).sort());
  for (const mark of experimentalMarks) expect(markedSchema(mark)['x-themis-note']).toMatch(/^[A-Z].*\.$/u);
});

function example(name: string): readonly string[] {
  const directory = fileURLToPath(new URL(`../../../examples/${name}`, import.meta.url));
  const files = readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.yaml'));
  return files.map((path) => readFileSync(join(directory, path), 'utf8'));
}

test('the examples that show every field raise every mark', () => {
  const summaries = ['reference', 'remote', 'github'].flatMap((name) =>
    experimentalFindings(desiredOf(...example(name))).map(({ summary }) => summary.split(' ')[0]!),
  );
  const expected = experimentalMarks.map(({ kind, path }) =>
    [kind, ...path.filter((part) => part !== 'items')].join('.'),
  );
  expect([...new Set(summaries)].toSorted(compareText)).toEqual(expected.toSorted(compareText));
});

test('a field that stands in many places is one finding at the first', () => {
  const policies = ['a', 'b', 'c'].map((name) => document('UpdatePolicy', name, 'package: themisdb\n')).join('---\n');
  const findings = experimentalFindings(desiredOf(goodFleet, policies));
  expect(findings.map(({ severity, code, source }) => [severity, code, source?.line])).toEqual([
    ['warning', 'THM1901', 3],
  ]);
  expect(findings[0]!.summary).toContain('update-policy/a and 2 more');
});

test('a Fleet, a Rollout with gates and a Tenant raise nothing', () => {
  const spec =
    'stages: [{ percentage: 34, bake: 1h, promotion: both }, { percentage: 100 }]\ngates: [{ metric: errorRate, max: 0.05 }]';
  const rollout = document('Rollout', 'r', spec);
  const fleet = goodFleet.replace('  nodes:', '  rollout: r\n  nodes:');
  expect(experimentalFindings(desiredOf(fleet, rollout, document('Tenant', 't', 'priority: low\n')))).toEqual([]);
});
