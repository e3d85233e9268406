import { expect, test } from 'vitest';
import { plan } from '../../../src/plan/plan.ts';
import { resumeCheck } from '../../../src/plan/resume-check.ts';
import { observedNode, release, simpleFleet, unreachableNode } from '../../support/fleet-fixture.ts';

const v13 = release('themisdb', '1.3.0');
const v14 = release('themisdb', '1.4.2');
const v15 = release('themisdb', '1.5.0');

test('finished, pending, already, stale and unknown are told apart', () => {
  const made = plan(simpleFleet(5, v14, v15));
  const idOf = (name: string): string => made.steps.find((step) => step.target === `node/${name}`)!.id;
  const nodes = [
    observedNode('node-a', [v14]),
    observedNode('node-b', [v15]),
    observedNode('node-c', [v15]),
    observedNode('node-d', [v13]),
    unreachableNode('node-e'),
  ];
  const check = resumeCheck(made, new Set([idOf('node-b')]), nodes);
  const standing = ['a', 'b', 'c', 'd', 'e'].map((name) => check.standing.get(idOf(`node-${name}`)));
  expect(standing).toEqual(['pending', 'finished', 'already', 'stale', 'unknown']);
  expect(check.stale).toEqual([idOf('node-d')]);
  expect(check.unknown).toEqual([idOf('node-e')]);
});

test('a repair is done already when its files no longer drift', () => {
  const drift = [{ package: 'themisdb', path: 'bin/themisdb', problem: 'changed' as const }];
  const inputs = simpleFleet(1, v15, v15);
  const made = plan({ ...inputs, observed: { nodes: [observedNode('node-a', [v15], { drift })] } });
  const standing = (node: ReturnType<typeof observedNode>) =>
    resumeCheck(made, new Set(), [node]).standing.get(made.steps[0]!.id);
  expect(standing(observedNode('node-a', [v15], { drift }))).toBe('pending');
  expect(standing(observedNode('node-a', [v15]))).toBe('already');
});
