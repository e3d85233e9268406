import { expect, test } from 'vitest';
import { probesAt, probesOf, type SchemaMoment } from '../../../../../src/fleet/schema/probes/probes-at.ts';
import { schemaPhases } from '../../../../../src/model/schema/database.ts';

const release = { themisdb: '>=1.5.0' };
const probe = (name: string, themisdb: string) => ({ name, sql: 'SELECT 1', release: { themisdb } });

const migration = {
  release,
  probes: [
    probe('old', '<1.5.0'),
    probe('new', '>=1.5.0'),
    probe('both', '>=1.0.0'),
    { name: 'all', sql: 'SELECT 1', release: null },
    { name: 'another package', sql: 'SELECT 1', release: { agent: '<1.0.0' } },
  ],
};
const names = migration.probes.map(({ name }) => name);

const moments: readonly SchemaMoment[] = [
  { kind: 'before' },
  ...schemaPhases.flatMap((phase) => [{ kind: 'step', phase } as const, { kind: 'end', phase } as const]),
];

function tried(released: 'nowhere' | 'everywhere'): readonly string[] {
  return moments.map((moment) => {
    const found = new Set(probesAt(probesOf(migration, released), moment).map(({ name }) => name));
    return names.map((name) => (found.has(name) ? 'x' : '.')).join('');
  });
}

test('a probe is tried while a release that sends it runs', () => {
  expect(tried('nowhere')).toEqual(['x.xxx', 'x.xxx', 'xxxxx', 'xxxxx', 'xxxxx', '.xxxx', '.xxxx']);
});

test('where every node has the release, what the one before sent is not tried any more', () => {
  expect(tried('everywhere')).toEqual(['.....', '.....', '.xxxx', '.xxxx', '.xxxx', '.xxxx', '.xxxx']);
});

test('a migration that waits for no release has to serve every probe in every state', () => {
  const all = probesOf({ release: null, probes: [probe('old', '<1.5.0')] }, 'nowhere');
  expect(moments.map((moment) => probesAt(all, moment).length)).toEqual(moments.map(() => 1));
});
