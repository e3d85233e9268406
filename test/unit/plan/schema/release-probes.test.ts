import { expect, test } from 'vitest';
import type { ReleaseProbe } from '../../../../src/model/release.ts';
import { plan } from '../../../../src/plan/plan.ts';
import { manifestsOf, releaseProbesOf } from '../../../../src/plan/schema/release-probes.ts';
import { releasesAround } from '../../../../src/plan/schema/releases-around.ts';
import { installed, release, simpleFleet } from '../../../support/fleet-fixture.ts';
import { desiredMigration, labelOf, withSchemas } from '../../../support/schema-fixture.ts';

const query = (name: string, sql = `SELECT ${name}`, database = 'orders'): ReleaseProbe => ({ name, database, sql });
const db = (version: string, ...probes: ReleaseProbe[]) => release('themisdb', version, { probes });

const v13 = db('1.3.9', query('both'), query('oldest'));
const v14 = db('1.4.2', query('both'), query('old'), query('elsewhere', 'SELECT 1', 'billing'));
const v15 = db('1.5.0', query('both'), query('new'));
const v16 = db('1.6.0', query('both', 'SELECT otherwise'));
const manifestOf = manifestsOf({ releases: [v13, v14, v15, v16], yanked: [] });
const has = (manifest: typeof v13) => ({ themisdb: installed(manifest) });

const five = desiredMigration('five', 5);
const six = desiredMigration('six', 6, { release: { themisdb: '>=1.6.0' } });

/** `old of themisdb 1.4.2: running`. */
function flags(...asked: Parameters<typeof releaseProbesOf>) {
  const { probes, later, unknown, replaced } = releaseProbesOf(...asked);
  const told = probes.map(({ name, running, next }) => `${name}:${running ? ' running' : ''}${next ? ' next' : ''}`);
  return { probes: told, later: later.map(({ name }) => name), unknown, replaced };
}

test('what nodes run counts as running, what they get as next, and a query of both is one', () => {
  const around = { running: [has(v14), has(v13)], coming: [has(v15)], unseen: [] };
  expect(flags(five, [five], around, manifestOf)).toEqual({
    probes: [
      'both of themisdb 1.3.9, 1.4.2 and 1.5.0: running next',
      'new of themisdb 1.5.0: next',
      'old of themisdb 1.4.2: running',
      'oldest of themisdb 1.3.9: running',
    ],
    later: [],
    unknown: [],
    replaced: [],
  });
});

test('a release that needs a later migration too is tried with that one', () => {
  const around = { running: [has(v14)], coming: [has(v15), has(v16)], unseen: [] };
  const first = flags(five, [five, six], around, manifestOf);
  expect(first.later).toEqual(['both of themisdb 1.6.0']);
  expect(first.probes).toContain('new of themisdb 1.5.0: next');
  const second = flags(six, [five, six], { running: [has(v15)], coming: [has(v16)], unseen: [] }, manifestOf);
  expect(second.later).toEqual([]);
  expect(second.probes).toContain('both of themisdb 1.6.0: next');
  const elsewhere = { ...six, database: 'billing' };
  expect(flags(five, [five, elsewhere], around, manifestOf).later).toEqual([]);
});

test('a migration that waits for no release goes on beneath what runs, to its end', () => {
  const unbound = desiredMigration('unbound', 5, { release: null });
  const around = { running: [has(v14)], coming: [has(v15)], unseen: [] };
  expect(flags(unbound, [unbound], around, manifestOf).probes).toEqual([
    'both of themisdb 1.4.2 and 1.5.0: running next',
    'new of themisdb 1.5.0: next',
    'old of themisdb 1.4.2: running next',
  ]);
});

test('what is not at hand is named, and a probe of the Migration takes the place of one with its name', () => {
  const own = desiredMigration('five', 5, { probes: [{ name: 'both', sql: 'SELECT 1', release: null }] });
  const around = { running: [has(v14), has(db('1.2.0'))], coming: [], unseen: ['node-c'] };
  expect(flags(own, [own], around, manifestOf)).toEqual({
    probes: ['old of themisdb 1.4.2: running'],
    later: [],
    unknown: ['themisdb 1.2.0', 'whatever runs on node-c'],
    replaced: ['both of themisdb 1.4.2'],
  });
});

test('what runs before a step is what the steps before it gave', () => {
  const inputs = withSchemas(simpleFleet(2, v13, v15, { releases: [v13, v14, v15] }), [
    desiredMigration('four', 5, { release: { themisdb: '>=1.4.0' } }),
    desiredMigration('next', 6),
  ]);
  const made = plan(inputs);
  const around = (label: string) => {
    const step = made.steps.find((one) => labelOf(one) === label)!;
    const { running, coming, unseen } = releasesAround(made, inputs.observed, step);
    const versions = (states: typeof running) => [...new Set(states.map(({ themisdb }) => themisdb!.version))];
    return [versions(running), versions(coming), unseen];
  };
  expect(around('four expand')).toEqual([['1.3.9'], ['1.4.2', '1.5.0'], []]);
  expect(around('next expand')).toEqual([['1.4.2'], ['1.5.0'], []]);
});

test('a plan says whose queries a migration is not tried against', () => {
  const summaries = (releases: (typeof v13)[]) => {
    const { findings } = plan(withSchemas(simpleFleet(2, v14, v15, { releases }), [five]));
    return findings.flatMap(({ code, summary }) => (code === 'THM7415' ? [summary] : []));
  };
  expect(summaries([v14, v15])).toEqual([]);
  expect(summaries([v15])).toEqual([
    'Migration five is not tried against the queries of themisdb 1.4.2: the manifest is not at hand.',
  ]);
});
