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

test('the examples that show every field raise every mark but one', () => {
  const summaries = ['reference', 'remote', 'github'].flatMap((name) =>
    experimentalFindings(desiredOf(...example(name))).map(({ summary }) => summary.split(' ')[0]!),
  );
  const expected = experimentalMarks.map(({ kind, path }) =>
    [kind, ...path.filter((part) => part !== 'items')].join('.'),
  );
  // The reference writes the default of this one; only another value asks for what is missing.
  const unseen = 'Rollout.spec.stages.onInsufficient';
  expect([...new Set(summaries)].toSorted(compareText)).toEqual(
    expected.filter((name) => name !== unseen).toSorted(compareText),
  );
});

test('a field that stands in many places is one finding at the first', () => {
  const tenants = ['a', 'b', 'c'].map((name) => document('Tenant', name, 'priority: low\n')).join('---\n');
  const findings = experimentalFindings(desiredOf(goodFleet, tenants));
  expect(findings.map(({ severity, code, source }) => [severity, code, source?.line])).toEqual([
    ['warning', 'THM1901', 3],
  ]);
  expect(findings[0]!.summary).toContain('tenant/a and 2 more');
});

test('a Fleet and a Rollout without gates raise nothing', () => {
  const rollout = document(
    'Rollout',
    'r',
    'stages: [{ percentage: 34, bake: 1h, promotion: approval }, { percentage: 100 }]',
  );
  expect(experimentalFindings(desiredOf(goodFleet.replace('  nodes:', '  rollout: r\n  nodes:'), rollout))).toEqual([]);
});
