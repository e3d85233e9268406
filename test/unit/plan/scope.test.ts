import { expect, test } from 'vitest';
import { planExitCode } from '../../../src/plan/plan-exit-code.ts';
import { plan } from '../../../src/plan/plan.ts';
import { plannedLeaders } from '../../../src/plan/planned-leaders.ts';
import { observedNode, release, simpleFleet } from '../../support/fleet-fixture.ts';
import { codes, outline } from '../../support/plan-facts.ts';

const v14 = release('themisdb', '1.4.2');
const v15 = release('themisdb', '1.5.0');
const inputs = simpleFleet(3, v14, v15);

function scoped(targets: string[], excludes: string[] = [], selector?: string) {
  return plan({ ...inputs, scope: { targets, excludes, selector } });
}

test('a target is planned alone and recorded', () => {
  const made = scoped(['node/node-b']);
  expect(outline(made)).toEqual(['1 node-update node-b']);
  expect(made.scope).toEqual({ targets: ['node/node-b'], excludes: [] });
  expect(made.summary.unchanged).toBe(0);
});

test('a leader brings the followers that go before it, and the plan says so', () => {
  const made = scoped(['node/node-a']);
  expect(outline(made)).toEqual(['1 node-update node-b', '1 node-update node-c', '1 node-update node-a']);
  expect(codes(made)).toContain('THM3062');
});

test('an excluded follower keeps its leader out, and the plan says so', () => {
  const made = scoped([], ['node/node-b']);
  expect(outline(made)).toEqual(['1 node-update node-c']);
  expect(codes(made)).toContain('THM3063');
});

test('an unknown name is an error that suggests the nearest; an empty selection too', () => {
  const made = scoped(['node/node-bb']);
  expect(made.findings.find(({ code }) => code === 'THM3060')?.fix).toContain('node/node-b');
  expect(planExitCode(made, false)).toBe(64);
  expect(codes(scoped([], [], 'zone=mars'))).toContain('THM3061');
  expect(codes(scoped([], [], '=='))).toContain('THM3060');
});

test('planning again with the leaders a plan assumed gives the same digest, whoever leads now', () => {
  for (const scope of [
    { targets: [], excludes: [] },
    { targets: ['node/node-a'], excludes: [] },
    { targets: [], excludes: ['node/node-b'] },
  ]) {
    const saved = plan({ ...inputs, scope });
    const moved = inputs.observed.nodes.map(({ name }) =>
      observedNode(name, [v14], { role: name === 'node-c' ? 'leader' : 'follower' }),
    );
    const again = plan({ ...inputs, scope, observed: { nodes: moved, databases: [] }, leaders: plannedLeaders(saved) });
    expect(again.planDigest).toBe(saved.planDigest);
  }
});
