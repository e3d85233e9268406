import { expect, test } from 'vitest';
import {
  chooseSubjects,
  dropReason,
  likelySubjects,
  type ChoiceFacts,
} from '../../../../src/fleet/evidence/choose-subjects.ts';
import { StepTimes } from '../../../../src/fleet/evidence/step-times.ts';
import { toFailure } from '../../../../src/kernel/error.ts';
import type { ObservedNode } from '../../../../src/model/observed.ts';
import type { PlanStep } from '../../../../src/model/plan.ts';
import { planOf, seen, update } from '../../../support/plans.ts';

interface Facts {
  readonly stage?: number;
  readonly steps: readonly PlanStep[];
  readonly seen: readonly ObservedNode[];
  /** Steps that are done, in this order. */
  readonly done?: readonly string[];
  readonly begun?: readonly string[];
  readonly settled?: readonly string[];
  readonly clusters?: Readonly<Record<string, string>>;
}

function factsOf({ stage = 1, steps, seen, done = [], begun = [], settled = [], clusters = {} }: Facts): ChoiceFacts {
  const times = new StepTimes(planOf(steps, []));
  for (const step of [...begun, ...done]) times.record({ step, event: 'begin', at: '2026-01-01T00:00:00Z' });
  for (const step of done) times.record({ step, event: 'done', at: '2026-01-01T00:00:10Z' });
  return {
    stage,
    switches: new Map(steps.map((step) => [step.target.slice('node/'.length), step])),
    times,
    seen: new Map(seen.map((one) => [one.name, one])),
    clusterOf: new Map(Object.entries(clusters)),
    settled,
    taken: new Map(),
    dropped: new Set(),
    rankOf: (name) => name,
  };
}

const chosen = (facts: ChoiceFacts): string[] => chooseSubjects(facts).map(({ side, node }) => `${side} ${node}`);
const first = update('a');
const later = (name: string): PlanStep => update(name, { stage: 2 });

test('a switch that has begun makes no control, and one that is not done no canary', () => {
  const steps = [first, update('b'), later('c'), later('d')];
  const nodes = [seen('a', '1.5.0'), seen('b', '1.5.0'), seen('c', '1.4.0'), seen('d', '1.4.0')];
  const facts = factsOf({ steps, seen: nodes, done: [first.id], begun: ['b/update/1.5.0', 'd/update/1.5.0'] });
  expect(chosen(facts)).toEqual(['canary a', 'control c']);
});

test('a new node that fell silent after its switch still counts, an old one does not', () => {
  const steps = [first, update('b'), later('c'), later('d')];
  const silent = (name: string): ObservedNode => ({ name, reachable: false, failure: toFailure(new Error('gone')) });
  const nodes = [seen('a', '1.5.0'), silent('b'), seen('c', '1.4.0'), silent('d')];
  const facts = factsOf({ steps, seen: nodes, done: [first.id, 'b/update/1.5.0'] });
  expect(chosen(facts)).toEqual(['canary a', 'canary b', 'control c']);
  expect(dropReason({ node: 'b', side: 'canary', role: 'unknown' }, facts)).toBeNull();
});

test('controls of the clusters of new nodes come first, and every role has room', () => {
  const names = Array.from({ length: 40 }, (_, index) => `n${String(index).padStart(2, '0')}`);
  const steps = [first, update('l'), ...names.map(later), later('near'), later('z-leader')];
  const nodes = [seen('a', '1.5.0'), { ...seen('l', '1.5.0'), role: 'leader' as const }];
  const old = [...names, 'near'].map((name) => seen(name, '1.4.0'));
  const leader = { ...seen('z-leader', '1.4.0'), role: 'leader' as const };
  const done = [first.id, 'l/update/1.5.0'];
  const facts = factsOf({ steps, seen: [...nodes, ...old, leader], done, clusters: { a: 'eu', near: 'eu', l: 'eu' } });
  const controls = chosen(facts).filter((one) => one.startsWith('control'));
  expect(controls).toHaveLength(32);
  expect(controls).toContain('control z-leader');
  expect(controls).toContain('control near');
});

test('who got there in an earlier run is a new node too, while it has what arrives', () => {
  const steps = [later('c')];
  const nodes = [seen('x', '1.5.0'), seen('y', '1.4.0'), seen('c', '1.4.0')];
  expect(chosen(factsOf({ steps, seen: nodes, settled: ['x', 'y'] }))).toEqual(['canary x', 'control c']);
  // Nothing moves any more: the last stage bakes on in a run of its own.
  expect(chosen(factsOf({ steps: [], seen: nodes, settled: ['x'] }))).toEqual(['canary x']);
});

test('what is not known now is no reason to drop out', () => {
  const facts = factsOf({ steps: [first], seen: [seen('a', '1.5.0')], done: [first.id] });
  const taken = { node: 'a', side: 'canary', role: 'follower' } as const;
  expect(dropReason(taken, facts)).toBeNull();
  const lost = { name: 'a', reachable: false, failure: { code: 'TIMEOUT', message: '', retry: 'backoff' } } as const;
  expect(dropReason(taken, { ...facts, seen: new Map([['a', lost]]) })).toBeNull();
  const votes = { ...seen('a', '1.5.0'), role: 'unknown' as const };
  expect(dropReason(taken, { ...facts, seen: new Map([['a', votes]]) })).toBeNull();
  const leads = { ...seen('a', '1.5.0'), role: 'leader' as const };
  expect(dropReason(taken, { ...facts, seen: new Map([['a', leads]]) })).toBe('role');
  expect(dropReason(taken, { ...facts, seen: new Map([['a', seen('a', '1.4.0')]]) })).toBe('revision');
});

test('before anybody switched, those of the stage and of the next ones are likely', () => {
  const steps = [first, later('c'), update('d', { stage: 3 })];
  const nodes = ['a', 'c', 'd'].map((name) => seen(name, '1.4.0'));
  expect(likelySubjects(factsOf({ steps, seen: nodes }))).toEqual(['a', 'c', 'd']);
  expect(likelySubjects(factsOf({ stage: 2, steps, seen: nodes }))).toEqual(['c', 'a', 'd']);
});
