import { expect, test } from 'vitest';
import { emptyRecord } from '../../../../src/model/rollout-record.ts';
import { planExitCode } from '../../../../src/plan/plan-exit-code.ts';
import { plan } from '../../../../src/plan/plan.ts';
import type { Plan } from '../../../../src/model/plan.ts';
import { installed, observedNode, release, simpleFleet, unreachableNode } from '../../../support/fleet-fixture.ts';
import {
  applied,
  deferredOf,
  desiredMigration,
  expandOnly,
  needsOf,
  observedDatabase,
  open,
  orderOf,
  silentDatabase,
  wholeMigration,
  withSchemas,
} from '../../../support/schema-fixture.ts';

const v14 = release('themisdb', '1.4.2');
const v15 = release('themisdb', '1.5.0');
const migration = desiredMigration('add-phone', 5);
const later = desiredMigration('later', 6);
const coming = simpleFleet(1, v14, v15);

function schemaFindings({ findings }: Plan): readonly string[] {
  return findings.filter(({ code }) => code.startsWith('THM7')).map(({ code, severity }) => `${code} ${severity}`);
}

test.each([
  ['does not answer', [silentDatabase()], 'THM7400 error'],
  ['was not observed', [], 'THM7401 error'],
])('a database that %s makes the plan incomplete and not applyable', (_, databases, finding) => {
  const made = plan(withSchemas(coming, [migration], databases));
  expect([schemaFindings(made), made.complete, made.applyable]).toEqual([[finding], false, false]);
  expect(orderOf(made)).toEqual(['node-a update']);
  expect(planExitCode(made, false)).toBe(4);
});

test('a database that no migration names may be away', () => {
  const made = plan(withSchemas(coming, [], [silentDatabase()]));
  expect([schemaFindings(made), made.complete, made.applyable]).toEqual([[], true, true]);
});

test('a schema version that is left out, or that was passed already, is found', () => {
  const skipped = plan(withSchemas(coming, [migration], [observedDatabase(3)]));
  expect([schemaFindings(skipped), planExitCode(skipped, false)]).toEqual([['THM7402 error'], 3]);
  const passed = plan(withSchemas(coming, [migration], [observedDatabase(5)]));
  expect(schemaFindings(passed)).toEqual(['THM7402 error']);
  expect(orderOf(passed)).toEqual(['node-a update']);
});

test('what comes after a contradiction is not planned either', () => {
  const changed = desiredMigration('add-phone', 5, { operations: expandOnly });
  const made = plan(
    withSchemas(coming, [changed, later], [observedDatabase(5, { applied: [applied(migration, 'expand')] })]),
  );
  expect(schemaFindings(made)).toEqual(['THM7403 error']);
  expect(orderOf(made)).toEqual(['node-a update']);
});

test('a changed file is shown by its operations', () => {
  const changed = desiredMigration('add-phone', 5, {
    operations: [wholeMigration[0]!, { dropTable: { table: 'x' } }, wholeMigration[2]!],
  });
  const made = plan(withSchemas(coming, [changed], [observedDatabase(5, { applied: [applied(migration, 'expand')] })]));
  expect(made.findings.find(({ code }) => code === 'THM7403')!.details).toEqual([
    `- ${JSON.stringify({ backfill: { key: ['id'], set: { phone_number: 'phone' }, table: 'users', undo: { phone_number: 'NULL' } } })}`,
    '+ {"dropTable":{"table":"x"}}',
  ]);
});

test('a migration that got another number, or whose number another one has, is found', () => {
  const having = (name: string, version: number) =>
    observedDatabase(5, { applied: [applied(desiredMigration(name, version), 'expand')] });
  expect(schemaFindings(plan(withSchemas(coming, [migration], [having('add-phone', 4)])))).toEqual(['THM7403 error']);
  expect(schemaFindings(plan(withSchemas(coming, [migration], [having('add-mail', 5)])))).toEqual(['THM7404 error']);
});

test('a run that was cut off is told', () => {
  const made = plan(withSchemas(coming, [migration], [observedDatabase(4, { open: open(migration, 'expand') })]));
  expect(schemaFindings(made)).toEqual(['THM7410 warning']);
  expect(orderOf(made)[0]).toBe('add-phone expand');
});

test('an expand that was cut off is known: its file may not change, and its number is taken', () => {
  const databases = [observedDatabase(4, { open: open(migration, 'expand') })];
  const changed = desiredMigration('add-phone', 5, { operations: expandOnly });
  const other = desiredMigration('add-mail', 5);
  expect(schemaFindings(plan(withSchemas(coming, [changed], databases)))).toContain('THM7403 error');
  expect(schemaFindings(plan(withSchemas(coming, [other], databases)))).toContain('THM7404 error');
});

test('an undo that was cut off is ended and the migration expanded anew before a node gets its release', () => {
  const databases = [observedDatabase(5, { applied: [applied(migration, 'migrate')], open: open(migration, 'undo') })];
  const made = plan(withSchemas(coming, [migration], databases));
  expect(orderOf(made).slice(0, 3)).toEqual(['add-phone expand', 'node-a update', 'add-phone migrate']);
});

const restorePoints = [
  { id: 'before-1', createdAt: '2026-11-18T10:00:00Z', packages: { themisdb: installed(v14) }, sizeBytes: 1 },
];
const returning = simpleFleet(2, v15, v14, {
  releases: [v14, v15],
  observed: ['node-a', 'node-b'].map((name) => observedNode(name, [v15], { restorePoints })),
});
const noted = (...names: readonly string[]) => ({
  ...emptyRecord,
  schemas: Object.fromEntries(names.map((name) => [name, { completeSince: null, release: migration.release }])),
});
const both = observedDatabase(6, { applied: [applied(migration, 'migrate'), applied(later, 'expand')] });

test('a revert takes migrations back after the nodes, newest first', () => {
  const made = plan({ ...withSchemas(returning, [], [both]), record: noted('add-phone', 'later') });
  expect(orderOf(made)).toEqual(['node-a rollback', 'node-b rollback', 'later undo', 'add-phone undo']);
  expect(needsOf(made, 'later undo')).toEqual(['node-a rollback', 'node-b rollback']);
  expect(needsOf(made, 'add-phone undo')).toEqual(['later undo']);
  expect(made.steps.at(-1)).toMatchObject({ before: { schema: { version: 5 } }, after: { schema: { version: 4 } } });
  expect([schemaFindings(made), deferredOf(made), made.applyable]).toEqual([[], [], true]);
});

test('what stays in the files stays in the database', () => {
  const kept = desiredMigration('add-phone', 5, { release: { themisdb: '>=1.4.0' } });
  const databases = [observedDatabase(6, { applied: [applied(kept, 'migrate'), applied(later, 'expand')] })];
  const made = plan({ ...withSchemas(returning, [kept], databases), record: noted('add-phone', 'later') });
  expect(orderOf(made).filter((label) => label.endsWith('undo'))).toEqual(['later undo']);
});

test('a revert takes back what was only begun', () => {
  const begun = observedDatabase(5, { applied: [applied(migration, 'expand')], open: open(later, 'expand') });
  const made = plan({ ...withSchemas(returning, [migration], [begun]), record: noted('add-phone', 'later') });
  expect(orderOf(made).filter((label) => label.endsWith('undo'))).toEqual(['later undo']);
  const stays = plan(withSchemas(simpleFleet(1, v15, v15, { releases: [v15] }), [migration], [begun]));
  expect([orderOf(stays).at(-1), stays.applyable]).toEqual(['later undo', true]);
  expect(deferredOf(stays).filter((line) => line.startsWith('later'))).toEqual([]);
});

test('an undo waits for a node that may still have the release', () => {
  const observed = { nodes: [returning.observed.nodes[0]!, unreachableNode('node-b')], databases: [] };
  const made = plan({ ...withSchemas({ ...returning, observed }, [], [both]), record: noted('add-phone', 'later') });
  expect(deferredOf(made)).toEqual([
    'later undo until nobody knows: waits for node-b, which could not be observed',
    'add-phone undo until nobody knows: waits for database/orders (undo of later)',
  ]);
});

test('a file that is gone while its release stays is an error, and nothing is taken back', () => {
  const made = plan({
    ...withSchemas(simpleFleet(1, v15, v15, { releases: [v15] }), [], [both]),
    record: noted('add-phone', 'later'),
  });
  expect([orderOf(made), schemaFindings(made), planExitCode(made, false)]).toEqual([[], ['THM7406 error'], 3]);
});

test('after a contract that is final nothing comes back, nor what lies under it', () => {
  const contracted = observedDatabase(6, { applied: [applied(migration, 'expand'), applied(later, 'contract')] });
  const made = plan({ ...withSchemas(returning, [], [contracted]), record: noted('add-phone', 'later') });
  expect([schemaFindings(made), planExitCode(made, false)]).toEqual([['THM7407 error', 'THM7413 error'], 4]);
  expect(orderOf(made).filter((label) => label.endsWith('undo'))).toEqual([]);
  const finding = made.findings.find(({ code }) => code === 'THM7407')!;
  expect(finding.details!.length).toBe(1);
  expect(finding.details![0]).toContain('phone');
});

test('a contract that can be taken back does come back', () => {
  const operations = [{ dropIndex: { table: 'users', name: 'idx' } }];
  const drop = desiredMigration('drop', 5, { operations });
  const databases = [observedDatabase(5, { applied: [applied(drop, 'contract')] })];
  const made = plan({ ...withSchemas(returning, [], databases), record: noted('drop') });
  expect(orderOf(made).at(-1)).toBe('drop undo');
  const { fix } = made.findings.find(({ code }) => code === 'THM7413')!;
  expect(fix).toContain('themis migrate undo --database orders --migration drop');
});

test('an undo of which nobody knows the release is left to a person', () => {
  const made = plan(withSchemas(returning, [], [observedDatabase(5, { applied: [applied(migration, 'expand')] })]));
  expect(schemaFindings(made)).toEqual(['THM7411 warning']);
  expect(deferredOf(made)).toEqual(['add-phone undo until nobody knows: nobody knows which release needs add-phone']);
});

test('old files may be cleared away once all of them is done', () => {
  const having = (done: 'contract' | 'expand') =>
    plan(
      withSchemas(
        simpleFleet(1, v15, v15, { releases: [v15] }),
        [later],
        [observedDatabase(6, { applied: [applied(migration, done), applied(later, 'contract')] })],
      ),
    );
  expect(schemaFindings(having('contract'))).toEqual([]);
  expect(schemaFindings(having('expand'))).toEqual(['THM7408 warning']);
});

test('the observed digest moves with databases, and is what it was without', () => {
  const digest = (...databases: Parameters<typeof withSchemas>[2] & object) =>
    plan({ ...coming, observed: { ...coming.observed, databases } }).observedDigest;
  const base = digest(observedDatabase(4));
  const others = [
    digest(),
    digest(observedDatabase(5)),
    digest(observedDatabase(4, { applied: [applied(migration, 'expand')] })),
    digest(observedDatabase(4, { applied: [applied(migration, 'migrate')] })),
    digest(observedDatabase(4, { open: open(migration, 'expand') })),
    digest(silentDatabase()),
  ];
  expect(new Set([base, ...others]).size).toBe(others.length + 1);
  expect(digest(observedDatabase(4, { serverVersion: '19.1' }))).toBe(base);
  expect(digest()).toBe(plan(coming).observedDigest);
});

test('a contract that was cut off keeps nodes from going back as well', () => {
  const begun = observedDatabase(5, { applied: [applied(migration, 'migrate')], open: open(migration, 'contract') });
  const made = plan({ ...withSchemas(returning, [migration], [begun]), record: noted('add-phone') });
  expect(schemaFindings(made)).toContain('THM7413 error');
});

test('a downgrade in Git behind a contract is an error, and names the nodes', () => {
  const databases = [observedDatabase(5, { applied: [applied(migration, 'contract')] })];
  const inputs = withSchemas(returning, [migration], databases);
  const release = { themisdb: '>=1.5.0' };
  const made = plan({
    ...inputs,
    record: { ...emptyRecord, schemas: { 'add-phone': { completeSince: null, release } } },
  });
  expect(schemaFindings(made)).toContain('THM7413 error');
  const { summary, fix } = made.findings.find(({ code }) => code === 'THM7413')!;
  expect([summary, fix]).toEqual([
    expect.stringContaining('node-a and node-b'),
    expect.not.stringContaining('migrate undo'),
  ]);
  expect(made.applyable).toBe(false);
});
