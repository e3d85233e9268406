/** When the tenants of a node let its step begin: windows, consent, proofs of never. */
import { describe, expect, test } from 'vitest';
import type { WindowAnswer, WindowRequest } from '../../../src/windows/window-answer.ts';
import { emptyRecord } from '../../../src/model/rollout-record.ts';
import { formatInstant } from '../../../src/kernel/units/instant.ts';
import { has, node, seen, update } from '../../support/plans.ts';
import { setUp, startMs, trio, type Setting } from '../../support/stepper.ts';

const minute = 60_000;
/** Open from the second to the fourth minute, and from the tenth on. */
const openings = [
  [startMs + 2 * minute, startMs + 4 * minute],
  [startMs + 10 * minute, Infinity],
] as const;

function windowed({ fromMs, needMs }: WindowRequest): WindowAnswer {
  const [opensAtMs] = openings.find(([, to]) => Math.max(fromMs, startMs + 2 * minute) + needMs <= to)!;
  return { kind: 'open', startMs: Math.max(fromMs, opensAtMs), opensAtMs, closesAtMs: null, because: 'its window' };
}

const consent: WindowAnswer = { kind: 'consent', tenants: ['t'] };
const never: WindowAnswer = {
  kind: 'never',
  blockers: [{ tenant: 't', kind: 'window', detail: 'the window of tenant t is shorter than 30s.' }],
};
const asked = [{ ...node('b'), tenants: ['t'] }];
const alone = [...asked, node('a'), node('c')];

function one(answer: (request: WindowRequest) => WindowAnswer, setting: Setting = {}) {
  return setUp({ nodes: alone, steps: [update('b')], windows: { answer }, ...setting });
}

describe('windows', () => {
  test('a step is parked until its window opens; what needs no window goes on meanwhile', () => {
    const run = one(windowed, { steps: [update('b'), update('c')] });
    expect(run.look()).toEqual(['c']);
    run.done('c');
    expect(run.next()).toMatchObject({ kind: 'wait', on: 'window', forMs: 2 * minute, until: startMs + 2 * minute });
    run.after(2 * minute);
    expect(run.look()).toEqual(['b']);
    expect(run.verdict('b')).toBe('begin');
  });

  test('it is asked again just before it begins: a window that was missed parks it until the next', () => {
    const run = one(windowed);
    run.after(3 * minute);
    expect(run.look()).toEqual(['b']);
    run.after(2 * minute);
    expect(run.verdict('b')).toBe('later');
    expect(run.next()).toMatchObject({ kind: 'wait', on: 'window', until: startMs + 10 * minute });
    run.after(5 * minute);
    expect(run.look()).toEqual(['b']);
    expect(run.verdict('b')).toBe('begin');
  });

  test('what it needs is the estimated switch and the estimated way back', () => {
    const requests: WindowRequest[] = [];
    const steps = [update('b', { params: { critical: true } })];
    const schedule = steps.map(({ id }) => ({
      step: id,
      opensAt: null,
      closesAt: null,
      startsAt: null,
      endsAt: null,
      startsAfterMs: 0,
      endsAfterMs: 0,
      estimateMs: 30_000,
    }));
    const note = (request: WindowRequest): WindowAnswer => {
      requests.push(request);
      return windowed(request);
    };
    one(note, { steps, change: { schedule } }).next();
    expect(requests).toEqual([{ tenants: ['t'], fromMs: startMs, needMs: 60_000, critical: true }]);
    requests.length = 0;
    const record = { ...emptyRecord, estimates: { updateMs: null, rollbackMs: 45_000 } };
    one(note, { steps, change: { schedule }, record }).next();
    expect(requests[0]?.needMs).toBe(75_000);
  });

  test('tenants that only the plan names count too', () => {
    const constraint = { kind: 'window', node: 'b', tenants: ['t'] } as const;
    const run = setUp({ steps: [update('b')], windows: { answer: windowed }, change: { constraints: [constraint] } });
    expect(run.next()).toMatchObject({ kind: 'wait', on: 'window' });
  });

  test('without waiting it stops at the first window, and says until when', () => {
    const run = one(windowed, { policy: { wait: false } });
    const { end } = run.next() as { end: { detail: string } };
    expect(end).toMatchObject({ kind: 'not-finished', refused: false, over: false });
    expect(end.detail).toContain(formatInstant(startMs + 2 * minute));
  });

  test('an emergency that opens everything is heard while it waits, and its expiry when the next step comes up', () => {
    const run = one(windowed, {
      steps: [update('b'), update('c')],
      nodes: [...trio].map((one) => ({ ...one, tenants: ['t'] })),
    });
    expect(run.next()).toMatchObject({ kind: 'wait', on: 'window' });
    const untilMs = startMs + minute;
    run.allow([], {
      answer: (request) =>
        request.fromMs < untilMs
          ? { kind: 'open', startMs: request.fromMs, opensAtMs: null, closesAtMs: null, because: null }
          : windowed(request),
    });
    expect(run.look()).toEqual(['b']);
    run.done('b');
    run.after(minute);
    expect(run.look()).toEqual([]);
    expect(run.next()).toMatchObject({ kind: 'wait', on: 'window', until: startMs + 2 * minute });
  });

  test('a step in doubt that had no effect asks again; one that runs at its node is joined whatever the hour', () => {
    const run = one(windowed);
    run.after(3 * minute);
    run.look();
    run.record('b', 'begin');
    run.after(3 * minute);
    expect(run.verdict('b')).toBe('later');
    expect(run.next()).toMatchObject({ kind: 'wait', on: 'window' });
    run.report('b', { operation: { id: 'own', kind: 'update', state: 'running', token: 1 } });
    run.after(4 * minute);
    run.look();
    expect(run.verdict('b')).toBe('begin');
  });

  test('taking back asks nobody', () => {
    const run = one(windowed, {
      nodes: trio.map((one) => ({ ...one, tenants: ['t'] })),
      steps: [update('b'), update('c')],
    });
    run.after(2 * minute);
    run.look();
    run.done('b');
    run.look();
    run.record('c', 'begin');
    run.record('c', 'failed', { asBefore: true });
    run.record('', 'turn');
    run.after(3 * minute);
    expect(run.look()).toEqual(['b']);
    expect(run.verdict('b')).toBe('begin');
  });

  test('releases are staged ahead for a window that is still to come', () => {
    const run = one(windowed);
    run.next();
    expect(new Set(run.stepper.upcoming())).toEqual(new Set(['b/update/1.5.0']));
    const barred = one(() => consent);
    barred.next();
    expect(barred.stepper.upcoming()).toEqual([]);
  });
});

describe('consent', () => {
  test('it waits for a person, asks again once something has changed, and goes on', () => {
    const run = one(() => consent);
    expect(run.next()).toMatchObject({ kind: 'wait', on: 'consent', detail: expect.stringContaining('t') as string });
    run.after(minute);
    expect(run.next()).toMatchObject({ kind: 'wait', on: 'consent' });
    run.allow([], {
      answer: ({ fromMs }) => ({ kind: 'open', startMs: fromMs, opensAtMs: null, closesAtMs: null, because: null }),
    });
    expect(run.look()).toEqual(['b']);
  });

  test('without waiting it ends, open', () => {
    const run = one(() => consent, { policy: { wait: false } });
    expect(run.next()).toMatchObject({ kind: 'finish', end: { kind: 'not-finished', over: false, refused: false } });
  });
});

describe('never', () => {
  test('what blocks is told and the run ends, open, once nothing else is left to do', () => {
    const run = one(() => never, { steps: [update('b'), update('c', { before: has('1.4.0') })] });
    expect(run.look()).toEqual(['c']);
    run.done('c');
    const { end } = run.next() as { end: { detail: string } };
    expect(end).toMatchObject({ kind: 'not-finished', over: false });
    expect(end.detail).toContain('the window of tenant t is shorter than 30s');
  });

  test('others that only wait are waited for first', () => {
    const nodes = [node('p', 'x'), node('q', 'y')].map((one) => ({ ...one, tenants: [one.name] }));
    const answer = (request: WindowRequest) => (request.tenants[0] === 'p' ? never : windowed(request));
    const run = setUp({ nodes, steps: [update('p'), update('q')], leader: undefined, windows: { answer } });
    expect(run.next()).toMatchObject({ kind: 'wait', on: 'window' });
  });
});

test('a clock that somebody sets moves windows, and nothing that is a duration', () => {
  const run = one(windowed);
  expect(run.next()).toMatchObject({ on: 'window', forMs: 2 * minute });
  run.jump(2 * minute);
  expect(run.look()).toEqual(['b']);
  const silent = {
    name: 'b',
    reachable: false,
    failure: { code: 'UNREACHABLE', message: '', retry: 'backoff' },
  } as const;
  expect(run.stepper.verdict('b/update/1.5.0', silent, 'own', run.now()).kind).toBe('later');
  run.jump(60 * minute);
  expect(run.next()).toMatchObject({ kind: 'wait', on: 'health', forMs: 250 });
  run.report('b', { packages: seen('b', '1.4.0').packages });
});
