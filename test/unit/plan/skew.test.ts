import { expect, test } from 'vitest';
import { planExitCode } from '../../../src/plan/plan-exit-code.ts';
import { plan } from '../../../src/plan/plan.ts';
import { desiredNode, observedNode, planInputs, release, rollout, simpleFleet } from '../../support/fleet-fixture.ts';
import { codes, outline } from '../../support/plan-facts.ts';

const versions = ['1.3.0', '1.4.7', '1.5.0'].map((version) => release('themisdb', version));
const [v13, v14, v15] = [versions[0]!, versions[1]!, versions[2]!];

test('a jump of two minors is refused, and the finding names the path', () => {
  const made = plan(simpleFleet(3, v13, v15, { releases: versions }));
  expect(made.steps).toEqual([]);
  const finding = made.findings.find(({ code }) => code === 'THM3030');
  expect(finding?.fix).toContain('1.3.0 → 1.4.7 → 1.5.0');
  expect(planExitCode(made, false)).toBe(4);
});

test('one member two minors behind holds its whole cluster back, other clusters go on', () => {
  const nodes = [
    ...['a', 'b', 'c'].map((name) => desiredNode(name, { cluster: 'eu' })),
    ...['d', 'e', 'f'].map((name) => desiredNode(name, { cluster: 'us' })),
  ];
  const observed = nodes.map(({ name }) => observedNode(name, [name === 'b' ? v13 : v14]));
  const made = plan(planInputs({ nodes, observed, releases: versions, wanted: [v15] }));
  expect(outline(made)).toEqual(['1 node-update d', '1 node-update e', '1 node-update f']);
  expect(made.errored).toBe(true);
});

test('a member out of scope counts too', () => {
  const nodes = ['a', 'b', 'c'].map((name) => desiredNode(name));
  const observed = nodes.map(({ name }) => observedNode(name, [name === 'c' ? v13 : v14]));
  const scope = { targets: ['node/a'], excludes: [] };
  const made = plan(planInputs({ nodes, observed, releases: versions, wanted: [v15], inputs: { scope } }));
  expect(made.steps).toEqual([]);
  expect(codes(made)).toContain('THM3030');
});

test('a rollout may allow more, and a node alone in its cluster has nobody to differ from', () => {
  expect(plan(simpleFleet(3, v13, v15, { rollout: rollout({ maxMinorSkew: 2 }) })).steps).toHaveLength(3);
  expect(plan(simpleFleet(1, v13, v15)).steps).toHaveLength(1);
});

test('minUpgradeFrom refuses what is too old and names the path', () => {
  const strict = release('themisdb', '1.5.0', { minUpgradeFrom: '1.4.5' });
  const old = release('themisdb', '1.4.0');
  const made = plan(simpleFleet(1, old, strict, { releases: [old, v14, strict] }));
  expect(made.steps).toEqual([]);
  expect(made.findings.find(({ code }) => code === 'THM3031')?.fix).toContain('1.4.0 → 1.4.7 → 1.5.0');
});
