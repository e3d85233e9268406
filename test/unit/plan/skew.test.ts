import { expect, test } from 'vitest';
import type { Plan } from '../../../src/model/plan.ts';
import { planExitCode } from '../../../src/plan/plan-exit-code.ts';
import { plan } from '../../../src/plan/plan.ts';
import { desiredNode, observedNode, planInputs, release, rollout, simpleFleet } from '../../support/fleet-fixture.ts';
import { codes, outline } from '../../support/plan-facts.ts';

const versions = ['1.3.0', '1.4.7', '1.5.0'].map((version) => release('themisdb', version));
const [v13, v14, v15] = [versions[0]!, versions[1]!, versions[2]!];

test('a jump of two minors without a release in between is refused, with what would help', () => {
  const made = plan(simpleFleet(3, v13, v15));
  expect(made.steps).toEqual([]);
  const finding = made.findings.find(({ code }) => code === 'THM3031');
  expect(finding?.fix).toContain('between 1.3.0 and 1.5.0');
  expect(planExitCode(made, false)).toBe(4);
});

test('one member that gets no further holds its whole cluster back, other clusters go on', () => {
  const nodes = [
    ...['a', 'b', 'c'].map((name) => desiredNode(name, { cluster: 'eu' })),
    ...['d', 'e', 'f'].map((name) => desiredNode(name, { cluster: 'us' })),
  ];
  const stuck = release('themisdb', '1.2.0');
  const observed = nodes.map(({ name }) => observedNode(name, [name === 'b' ? stuck : v14]));
  const made = plan(planInputs({ nodes, observed, releases: [stuck, v14, v15], wanted: [v15] }));
  expect(outline(made)).toEqual(['1 node-update d', '1 node-update e', '1 node-update f']);
  expect(codes(made)).toEqual(['THM3030', 'THM3031']);
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

test('the path that is named leaves out what is known to go wrong', () => {
  const nodes = ['a', 'b', 'c'].map((name) => desiredNode(name));
  const observed = nodes.map(({ name }) => observedNode(name, [name === 'c' ? v13 : v14]));
  const scope = { targets: ['node/a'], excludes: [] };
  const newer = release('themisdb', '1.4.8');
  const releases = [...versions, newer];
  const inputs = planInputs({ nodes, observed, releases, wanted: [v15], inputs: { scope } });
  const adviceOf = (made: Plan): string => made.findings.find(({ code }) => code === 'THM3030')!.fix!;
  expect(adviceOf(plan(inputs))).toContain('1.3.0 → 1.4.8 → 1.5.0');
  const knownBad = [{ package: 'themisdb', from: '1.4.8', to: '1.5.0', reason: 'loses an index' }];
  const { desired } = inputs;
  const warned = { ...inputs, desired: { ...desired, fleet: { ...desired.fleet, knownBad } } };
  expect(adviceOf(plan(warned))).toContain('1.3.0 → 1.4.7 → 1.5.0');
});

test('a rollout may allow more', () => {
  expect(plan(simpleFleet(3, v13, v15, { rollout: rollout({ maxMinorSkew: 2 }) })).steps).toHaveLength(3);
});
