import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ReadingLog } from '../../../src/fleet/evidence/reading-log.ts';
import { gateSetup } from '../../../src/fleet/evidence/gate-evidence.ts';
import { RunningJudge } from '../../../src/fleet/evidence/running-judge.ts';
import { StepTimes } from '../../../src/fleet/evidence/step-times.ts';
import { judgeGate } from '../../../src/judge/judge-gate.ts';
import { canonicalJson } from '../../../src/kernel/canonical-json.ts';
import type { DesiredGate } from '../../../src/model/desired.ts';
import type { Series } from '../../../src/model/metrics.ts';
import type { TakenSubject } from '../../../src/model/verdict.ts';
import { planOf, update } from '../../support/plans.ts';
import { runs } from '../../support/runs.ts';

const sinceMs = 1_000_000;
const lookMs = 2000;
const names = ['a', 'b', 'c', 'd'];
const gates: readonly DesiredGate[] = (
  [
    ['errorRate', 'share'],
    ['latencyP95', 'ms'],
    ['memory', 'bytes'],
  ] as const
).map(([metric, unit]) => ({
  name: metric,
  metric,
  unit,
  max: metric === 'errorRate' ? 0.2 : 200,
  min: null,
  provider: null,
  query: null,
  worseBy: 0.1,
  minSamples: 10,
}));
const signals = { errorRate: ['requests', 'failedRequests'], latencyP95: ['duration'], memory: ['memory'] } as const;

/** What one look brings: readings by node, one series of some of them late, and perhaps somebody who drops out. */
const look = fc.record({
  steps: fc.array(fc.nat(60), { minLength: 4, maxLength: 4 }),
  failed: fc.array(fc.nat(20), { minLength: 4, maxLength: 4 }),
  late: fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
  reset: fc.integer({ min: 0, max: 20 }),
  drops: fc.integer({ min: 0, max: 40 }),
});

test('a judge that is handed what is new says at every look what one says that is handed everything', () => {
  fc.assert(
    fc.property(fc.constantFrom(...gates), fc.array(look, { minLength: 1, maxLength: 40 }), (gate, looks) => {
      const log = new ReadingLog(lookMs);
      const judge = new RunningJudge();
      const totals = new Map(names.map((name) => [name, { requests: 0, failed: 0 }]));
      const held = new Map<string, Series[]>();
      let subjects: TakenSubject[] = names.map((node, index) => ({
        node,
        side: index < 2 ? 'canary' : 'control',
        role: 'follower',
      }));
      for (const [round, one] of looks.entries()) {
        const nowMs = sinceMs + (round + 1) * lookMs;
        const arrived = names.flatMap((name, index) => {
          const total = totals.get(name)!;
          if (one.reset === index) Object.assign(total, { requests: 0, failed: 0 });
          total.requests += one.steps[index]! + one.failed[index]!;
          total.failed += one.failed[index]!;
          const series = seriesOf(name, gate, nowMs - 100, total);
          // One of its series comes a look late: what it is counted beside is there already.
          const before = held.get(name) ?? [];
          held.set(name, one.late[index] === true ? series.slice(-1) : []);
          return [...before, ...(one.late[index] === true ? series.slice(0, -1) : series)];
        });
        subjects = subjects.filter((_, index) => index !== one.drops);
        const setup = gateSetup({
          gate,
          compared: true,
          sources: signals[gate.metric as keyof typeof signals].map((id) => ({
            key: id,
            signal: { id, kind: 'counter', query: id, custom: false },
          })),
          parameters: { alpha: 0.05, blockMs: 5000, historyMs: 60_000, staleMs: 120_000 },
          subjects,
          switches: new Map(names.slice(0, 2).map((name) => [name, update(name)])),
          times,
          sinceMs,
        });
        const judged = judge.look(setup, log, log.add(arrived), nowMs);
        expect(canonicalJson(judged.result)).toBe(canonicalJson(judgeGate(judged.evidence())));
      }
    }),
    runs(20_000),
  );
});

const times = new StepTimes(
  planOf(
    names.map((name) => update(name)),
    [],
  ),
);
for (const name of ['a', 'b']) {
  times.record({ step: `${name}/update/1.5.0`, event: 'begin', at: '1970-01-01T00:16:30Z' });
  times.record({ step: `${name}/update/1.5.0`, event: 'done', at: '1970-01-01T00:16:40Z' });
}

function seriesOf(
  node: string,
  { metric }: DesiredGate,
  atMs: number,
  { requests, failed }: { readonly requests: number; readonly failed: number },
): Series[] {
  if (metric === 'memory') return [{ node, signal: 'memory', points: [[atMs, requests]] }];
  if (metric === 'latencyP95') {
    return [
      { node, signal: 'duration', le: '0.1', points: [[atMs, requests - failed]] },
      { node, signal: 'duration', le: '+Inf', points: [[atMs, requests]] },
    ];
  }
  return [
    { node, signal: 'requests', points: [[atMs, requests]] },
    { node, signal: 'failedRequests', points: [[atMs, failed]] },
  ];
}
