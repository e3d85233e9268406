import { expect, test } from 'vitest';
import { plan } from '../../../../src/plan/plan.ts';
import { undoOrder } from '../../../../src/plan/undo-order.ts';
import {
  desiredNode,
  observedNode,
  planInputs,
  release,
  rollout,
  simpleFleet,
  stage,
  testInstant,
} from '../../../support/fleet-fixture.ts';
import { gate } from '../../../support/gate-fixture.ts';
import {
  applied,
  deferredOf,
  desiredMigration,
  expandOnly,
  labelOf,
  needsOf,
  observedDatabase,
  orderOf,
  wholeMigration,
  withSchemas,
} from '../../../support/schema-fixture.ts';

const v13 = release('themisdb', '1.3.9');
const v14 = release('themisdb', '1.4.2');
const v15 = release('themisdb', '1.5.0');

const twoStages = rollout({ stages: [stage(34, { bakeMs: 1000 }), stage(100)] });

test('expand comes before the first node, data after the last one, contract at the end', () => {
  const made = plan(withSchemas(simpleFleet(3, v14, v15, { rollout: twoStages }), [desiredMigration('add-phone', 5)]));
  expect(orderOf(made)).toEqual([
    'add-phone expand',
    'node-b update',
    'stage/1',
    'node-c update',
    'node-a update',
    'add-phone migrate',
    'add-phone contract',
  ]);
  expect(needsOf(made, 'node-b update')).toEqual(['add-phone expand']);
  expect(needsOf(made, 'node-c update')).toEqual(['stage/1']);
  expect(needsOf(made, 'add-phone migrate')).toEqual([
    'add-phone expand',
    'node-b update',
    'node-c update',
    'node-a update',
  ]);
  expect(needsOf(made, 'add-phone contract')).toEqual(['add-phone migrate']);
  expect([made.applyable, made.complete, made.summary.migrate, made.summary.deferred]).toEqual([true, true, 1, 1]);
});

test('every node of the first stage waits for the expand', () => {
  const made = plan(withSchemas(simpleFleet(3, v14, v15), [desiredMigration('add-phone', 5)]));
  for (const label of ['node-a update', 'node-b update', 'node-c update']) {
    expect(needsOf(made, label)).toEqual(['add-phone expand']);
  }
});

test('a step says what it does, in words, from which state to which, and what is final', () => {
  const made = plan(withSchemas(simpleFleet(1, v14, v15), [desiredMigration('add-phone', 5)]));
  const [expand, , , contract] = made.steps;
  expect(expand).toMatchObject({
    kind: 'schema-expand',
    target: 'database/orders',
    before: { schema: { version: 4, done: null } },
    after: { schema: { version: 5, done: 'expand' } },
    params: { migration: 'add-phone', schemaVersion: 5, phase: 'expand', graceMs: 0, release: { themisdb: '>=1.5.0' } },
  });
  expect(expand!.irreversible).toBeUndefined();
  expect(contract).toMatchObject({
    before: { schema: { version: 5, done: 'migrate' } },
    after: { schema: { version: 5, done: 'contract' } },
    params: { graceMs: 86_400_000 },
  });
  expect(contract!.irreversible?.why).toContain('phone');
  expect(made.summary.irreversible).toBe(1);
});

test('phases in which nothing is done fall away, but a migration is always expanded', () => {
  const drop = { operations: wholeMigration.slice(2) };
  const made = plan(
    withSchemas(simpleFleet(1, v14, v15), [
      desiredMigration('add', 5, { operations: expandOnly }),
      desiredMigration('drop', 6, drop),
    ]),
  );
  expect(orderOf(made)).toEqual(['add expand', 'drop expand', 'node-a update', 'drop contract']);
  expect(needsOf(made, 'drop contract')).toEqual(['drop expand', 'node-a update']);
});

test('migrations of a database go one after the other, and nodes wait for the last of them', () => {
  const made = plan(
    withSchemas(simpleFleet(1, v14, v15), [
      desiredMigration('b', 5),
      desiredMigration('a', 6),
      desiredMigration('c', 7),
    ]),
  );
  expect(orderOf(made)).toEqual([
    'b expand',
    'a expand',
    'c expand',
    'node-a update',
    'b migrate',
    'a migrate',
    'c migrate',
    'b contract',
    'a contract',
    'c contract',
  ]);
  expect(needsOf(made, 'c expand')).toEqual(['a expand']);
  expect(needsOf(made, 'node-a update')).toEqual(['c expand']);
  expect(needsOf(made, 'a contract')).toEqual(['a migrate', 'b contract']);
});

test('nodes are waited for once, however many migrations do', () => {
  const many = [desiredMigration('a', 5), desiredMigration('b', 6)];
  const made = plan(withSchemas(simpleFleet(3, v14, v15), many));
  expect(needsOf(made, 'a migrate').filter((label) => label.startsWith('node-'))).toHaveLength(3);
  expect(needsOf(made, 'b migrate')).toEqual(['b expand', 'a migrate']);
});

test('data come after those of an earlier version, whatever its release', () => {
  const hops = [v13, v14, v15];
  const other = desiredMigration('b', 6, { release: { themisdb: '>=1.4.0' }, operations: wholeMigration.slice(0, 2) });
  const made = plan(withSchemas(simpleFleet(3, v13, v15, { releases: hops }), [desiredMigration('a', 5), other]));
  expect(orderOf(made).filter((label) => label.endsWith('migrate'))).toEqual(['a migrate', 'b migrate']);
  expect(needsOf(made, 'b migrate')).toEqual(['b expand', 'a migrate']);
});

test('while the last stage bakes data wait for its gate', () => {
  const baking = rollout({ stages: [stage(100, { bakeMs: 60_000 })], gates: [gate('errorRate', { max: 0.1 })] });
  const inputs = simpleFleet(2, v15, v15, { releases: [v15], rollout: baking });
  const current = {
    target: inputs.digests.targetDigest,
    startedAt: testInstant,
    stages: [{ nodes: ['node-a', 'node-b'], completedAt: testInstant, promotedAt: null }],
  };
  const migration = desiredMigration('add-phone', 5);
  const databases = [observedDatabase(5, { applied: [applied(migration, 'expand')] })];
  const made = plan({ ...withSchemas(inputs, [migration], databases), record: { ...inputs.record, current } });
  expect(orderOf(made)).toEqual(['stage/1', 'add-phone migrate', 'add-phone contract']);
  expect(needsOf(made, 'add-phone migrate')).toEqual(['stage/1']);
});

test('dependsOn reaches into other databases', () => {
  const made = plan(
    withSchemas(
      simpleFleet(1, v14, v15),
      [desiredMigration('bill', 1, { database: 'billing', dependsOn: ['z'] }), desiredMigration('z', 5)],
      [observedDatabase(0, { name: 'billing' }), observedDatabase(4)],
    ),
  );
  expect(needsOf(made, 'bill expand')).toEqual(['z expand']);
  expect(needsOf(made, 'bill migrate')).toContain('z migrate');
  expect(needsOf(made, 'node-a update')).toEqual(['bill expand']);
});

test('a release that an intermediate hop brings is expanded for before that hop', () => {
  const hops = rollout({ stages: [stage(100)] });
  const releases = [v13, v14, v15];
  const inputs = simpleFleet(3, v13, v15, { rollout: hops, releases });
  const made = plan(
    withSchemas(inputs, [
      desiredMigration('early', 5, { release: { themisdb: '>=1.4.0' } }),
      desiredMigration('late', 6),
    ]),
  );
  const order = orderOf(made);
  const hopOf = (label: string) => made.steps[order.indexOf(label)]!.hop;
  expect(order.filter((label) => !label.startsWith('node'))).toEqual([
    'early expand',
    'stage/1',
    'early migrate',
    'late expand',
    'late migrate',
    'early contract',
    'late contract',
  ]);
  expect([hopOf('early expand'), hopOf('early migrate'), hopOf('late expand')]).toEqual([1, 1, undefined]);
  expect(needsOf(made, 'early migrate')).toEqual(['early expand', 'stage/1']);
  expect(needsOf(made, 'late expand')).toEqual(['stage/1', 'early migrate']);
});

test('nodes that differ: expand before the first gets it, data after the last has it', () => {
  const nodes = ['node-a', 'node-b'].map((name) => desiredNode(name, { cluster: name }));
  const observed = [observedNode('node-a', [v13]), observedNode('node-b', [v14])];
  const inputs = planInputs({ nodes, observed, releases: [v13, v14, v15], wanted: [v15] });
  const made = plan(
    withSchemas(inputs, [
      desiredMigration('early', 5, { release: { themisdb: '>=1.4.0' }, operations: wholeMigration.slice(0, 2) }),
    ]),
  );
  // node-b has it already: it is late, and goes first.
  expect(orderOf(made)[0]).toBe('early expand');
  expect(made.findings.map(({ code }) => code)).toContain('THM7409');
  expect(needsOf(made, 'early migrate')).toEqual(['early expand', 'stage/1']);
});

test('without a release it is done at once, and no node waits for it', () => {
  const made = plan(withSchemas(simpleFleet(1, v14, v15), [desiredMigration('add-phone', 5, { release: null })]));
  expect(orderOf(made)).toEqual(['add-phone expand', 'add-phone migrate', 'node-a update', 'add-phone contract']);
  expect(needsOf(made, 'node-a update')).toEqual([]);
  expect(needsOf(made, 'add-phone contract')).toEqual(['add-phone migrate']);
});

test('what a later one of another release needs first is expanded with it', () => {
  const first = desiredMigration('first', 5, { release: { 'themis-query': '>=2.0.0' } });
  const made = plan(withSchemas(simpleFleet(1, v14, v15), [first, desiredMigration('second', 6)]));
  expect(orderOf(made)).toEqual([
    'first expand',
    'second expand',
    'node-a update',
    'second migrate',
    'second contract',
  ]);
  expect(made.findings.map(({ code }) => code)).toContain('THM7405');
});

test('a release that nobody is to get leaves the database alone', () => {
  const later = desiredMigration('later', 5, { release: { themisdb: '>=1.6.0' } });
  const made = plan(withSchemas(simpleFleet(1, v14, v15), [later]));
  expect(orderOf(made)).toEqual(['node-a update']);
  expect(made.findings.map(({ code, severity }) => [code, severity])).toContainEqual(['THM7405', 'info']);
  expect(made.applyable).toBe(true);
});

test('a node in reach of no stage, or out of scope, holds data and contract back', () => {
  const inputs = withSchemas(simpleFleet(3, v14, v15), [desiredMigration('add-phone', 5)]);
  const made = plan({ ...inputs, scope: { targets: ['node/node-b'], excludes: [] } });
  expect(orderOf(made)).toEqual(['add-phone expand', 'node-b update', 'add-phone migrate', 'add-phone contract']);
  expect(deferredOf(made)).toEqual([
    'add-phone migrate until nobody knows: waits for node-a, which is not part of this plan, and 1 more',
    'add-phone contract until nobody knows: waits for database/orders (migrate of add-phone)',
  ]);
});

test('only what is left is planned, and nothing once all of it is done', () => {
  const migration = desiredMigration('add-phone', 5);
  const having = (done: 'expand' | 'migrate' | 'contract') => [
    observedDatabase(5, { applied: [applied(migration, done)] }),
  ];
  const left = (done: 'expand' | 'migrate' | 'contract') =>
    orderOf(plan(withSchemas(simpleFleet(1, v15, v15, { releases: [v15] }), [migration], having(done))));
  expect(left('expand')).toEqual(['add-phone migrate', 'add-phone contract']);
  expect(left('migrate')).toEqual(['add-phone contract']);
  expect(left('contract')).toEqual([]);
});

test('nodes that jump two schema versions at once are named', () => {
  const both = [desiredMigration('a', 5), desiredMigration('b', 6)];
  expect(plan(withSchemas(simpleFleet(2, v14, v15), both)).findings.map(({ code }) => code)).toContain('THM7412');
  const bare = planInputs({
    nodes: [desiredNode('n')],
    observed: [observedNode('n', [])],
    releases: [v15],
    wanted: [v15],
  });
  expect(plan(withSchemas(bare, both)).findings.map(({ code }) => code)).not.toContain('THM7412');
});

test('a schema is taken back after all nodes, the leader too', () => {
  const made = plan(withSchemas(simpleFleet(3, v14, v15), [desiredMigration('add-phone', 5)]));
  const labels = new Map(made.steps.map((step) => [step.id, labelOf(step)]));
  expect(undoOrder(made).map((id) => labels.get(id))).toEqual([
    'node-c update',
    'node-b update',
    'node-a update',
    'add-phone expand',
  ]);
});

test('refreshing looks at databases and plans nothing there', () => {
  const inputs = withSchemas(simpleFleet(1, v14, v15), [desiredMigration('add-phone', 5)], []);
  const made = plan({ ...inputs, refreshOnly: true });
  expect([made.steps, made.complete, made.findings.map(({ code }) => code)]).toEqual([[], false, ['THM7401']]);
});
