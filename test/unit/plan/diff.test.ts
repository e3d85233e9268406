import { expect, test } from 'vitest';
import { plan } from '../../../src/plan/plan.ts';
import {
  desiredNode,
  installed,
  observedNode,
  planInputs,
  release,
  simpleFleet,
  unreachableNode,
} from '../../support/fleet-fixture.ts';
import { codes, outline } from '../../support/plan-facts.ts';

const v14 = release('themisdb', '1.4.2');
const v15 = release('themisdb', '1.5.0');
const query = release('themis-query', '1.4.5', {
  dependencies: [{ package: 'themisdb', versionConstraint: '>=1.4', optional: false, conflicts: [] }],
});

function oneNode(observed: ReturnType<typeof observedNode>, facts: Partial<Parameters<typeof planInputs>[0]> = {}) {
  return plan(
    planInputs({
      nodes: [desiredNode('a')],
      observed: [observed],
      releases: [v14, v15, query],
      wanted: [v15],
      ...facts,
    }),
  );
}

test('a node that has what is wanted yields nothing', () => {
  const made = oneNode(observedNode('a', [v15]));
  expect(made.steps).toEqual([]);
  expect(made.constraints).toEqual([]);
  expect(made.summary).toMatchObject({ unchanged: 1, update: 0 });
});

test('a node without the package gets an install, one behind an update', () => {
  expect(outline(oneNode(observedNode('a', [])))).toEqual(['1 node-install a']);
  const made = oneNode(observedNode('a', [v14]));
  expect(outline(made)).toEqual(['1 node-update a']);
  expect(made.steps[0]).toMatchObject({
    before: { packages: { themisdb: installed(v14) } },
    after: { packages: { themisdb: installed(v15) } },
  });
});

test('a transition counts new, changed and removed files and the bytes that must be fetched', () => {
  const file = (path: string, fill: string, permissions = '0644') => ({
    path,
    type: 'data' as const,
    sha256: fill.repeat(64),
    sizeBytes: 100,
    permissions,
  });
  const from = release('themisdb', '1.4.2', {
    files: [file('a', '1'), file('b', '1'), file('c', '1'), file('m', '1')],
  });
  const to = release('themisdb', '1.5.0', {
    files: [file('a', '1'), file('b', '2'), file('d', '1'), file('m', '1', '0755')],
  });
  const made = oneNode(observedNode('a', [from]), { releases: [from, to], wanted: [to] });
  expect(made.transitions).toMatchObject([
    { from: '1.4.2', to: '1.5.0', files: { add: 1, change: 2, remove: 1, bytes: 200 }, restart: true },
  ]);
});

test('drift of what is wanted becomes a repair, drift of what changes anyway does not', () => {
  const drift = [{ package: 'themisdb', path: 'bin/themisdb', problem: 'changed' as const }];
  const repaired = oneNode(observedNode('a', [v15], { drift }));
  expect(outline(repaired)).toEqual(['1 node-repair a']);
  expect(repaired.steps[0]).not.toHaveProperty('transition');
  expect(repaired.drift).toEqual([{ node: 'a', files: drift }]);
  expect(outline(oneNode(observedNode('a', [v14], { drift })))).toEqual(['1 node-update a']);
});

test('all packages of a node change in one switch, what is needed first', () => {
  const made = oneNode(observedNode('a', []), { wanted: [query, v15] });
  expect(made.steps).toHaveLength(1);
  expect(made.steps[0]?.params).toMatchObject({ packages: ['themisdb', 'themis-query'] });
  expect(made.steps[0]?.with).toHaveLength(1);
});

test('a package that the Fleet does not list is left alone', () => {
  const made = oneNode(observedNode('a', [v14, query]));
  expect(codes(made)).toContain('THM3024');
  expect(made.steps[0]?.after.packages).toMatchObject({ 'themis-query': installed(query) });
  expect(made.applyable).toBe(true);
});

test('a downgrade needs a restore point that holds exactly the wanted state', () => {
  const point = { id: 'rp', createdAt: '2026-01-01T00:00:00Z', sizeBytes: 1 };
  const refused = oneNode(observedNode('a', [v15], { restorePoints: [{ ...point, packages: {} }] }), { wanted: [v14] });
  expect(refused.steps).toEqual([]);
  expect(codes(refused)).toContain('THM3032');
  expect(refused.summary.unchanged).toBe(0);
  const packages = { themisdb: installed(v14) };
  const made = oneNode(observedNode('a', [v15], { restorePoints: [{ ...point, packages }] }), { wanted: [v14] });
  expect(outline(made)).toEqual(['1 node-rollback a']);
  expect(made.steps[0]?.params).toMatchObject({ restorePoint: 'rp', keep: made.steps[0]?.undo?.restorePoint });
});

test('a restore point never takes the name of one that the node keeps', () => {
  const first = oneNode(observedNode('a', [v14])).steps[0]!;
  const name = first.undo!.restorePoint;
  const kept = { id: name, createdAt: '2026-01-01T00:00:00Z', packages: {}, sizeBytes: 1 };
  const again = oneNode(observedNode('a', [v14], { restorePoints: [kept] })).steps[0]!;
  expect(again.undo!.restorePoint).toBe(`${name}-2`);
  expect(again.params).toMatchObject({ restorePoint: `${name}-2` });
});

test('a node that does not answer makes the plan incomplete and stops nothing else', () => {
  const inputs = planInputs({
    nodes: ['a', 'b', 'c'].map((name) => desiredNode(name)),
    observed: [observedNode('a', [v14]), unreachableNode('b')],
    releases: [v14, v15],
    wanted: [v15],
  });
  const made = plan(inputs);
  expect(made.complete).toBe(false);
  expect(codes(made)).toEqual(expect.arrayContaining(['THM3020', 'THM3021']));
  expect(outline(made)).toEqual(['1 node-update a']);
});

test('open operations, strangers and two leaders are said', () => {
  const operation = { id: 'op', kind: 'update', state: 'interrupted', token: 1 } as const;
  const inputs = planInputs({
    nodes: ['a', 'b'].map((name) => desiredNode(name)),
    observed: [
      observedNode('a', [v14], { operation, role: 'leader' }),
      observedNode('b', [v14], { role: 'leader' }),
      observedNode('x', []),
    ],
    releases: [v14, v15],
    wanted: [v15],
  });
  expect(codes(plan(inputs))).toEqual(expect.arrayContaining(['THM3022', 'THM3023', 'THM3043']));
});

test('a plan to see what is there has drift and no steps', () => {
  const drift = [{ package: 'themisdb', path: 'bin/themisdb', problem: 'missing' as const }];
  const made = oneNode(observedNode('a', [v14], { drift }), { inputs: { refreshOnly: true } });
  expect(made.steps).toEqual([]);
  expect(made.drift).toHaveLength(1);
});

test('a quarantined target and a suspended fleet cannot be applied', () => {
  const inputs = simpleFleet(3, v14, v15);
  const at = '2026-11-20T00:00:00Z';
  const quarantine = [{ target: inputs.digests.targetDigest, at, reason: 'errors' }];
  const quarantined = plan({ ...inputs, record: { ...inputs.record, quarantine } });
  expect(quarantined).toMatchObject({ applyable: false, errored: true });
  expect(codes(quarantined)).toContain('THM3050');
  const suspended = plan({ ...inputs, record: { ...inputs.record, suspended: { at, by: 'ops', reason: 'incident' } } });
  expect(suspended.applyable).toBe(false);
  expect(codes(suspended)).toContain('THM3051');
});
