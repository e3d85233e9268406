/** What the keeper reads, whom it chooses, what it stores, and that a restart changes nothing. */
import { beforeEach, describe, expect, test } from 'vitest';
import type { StageGates } from '../../../../src/actions/instruction.ts';
import { FakeMetrics } from '../../../../src/adapters/metrics/fake.ts';
import type { EvidenceLook } from '../../../../src/fleet/evidence/stage-evidence.ts';
import { recompute } from '../../../../src/judge/verdict-of.ts';
import { canonicalJson } from '../../../../src/kernel/canonical-json.ts';
import { ThemisError, toFailure } from '../../../../src/kernel/error.ts';
import type { JsonObject } from '../../../../src/kernel/json.ts';
import type { DesiredGate } from '../../../../src/model/desired.ts';
import type { Plan } from '../../../../src/model/plan.ts';
import { errors, EvidenceWorld, minute, second, stageGates, startMs } from '../../../support/evidence-world.ts';
import { planOf, promote, seen, update } from '../../../support/plans.ts';

/** Two stages: a and b, then c, d and e; the gate after the first. */
function twoStages(gates: StageGates): Plan {
  const first = ['a', 'b'].map((name) => update(name));
  const gate = promote(
    1,
    first.map(({ id }) => id),
    { bakeMs: 4 * minute, approval: false, gates: gates as unknown as JsonObject },
  );
  const later = ['c', 'd', 'e'].map((name) => update(name, { stage: 2, needs: [gate.id] }));
  return planOf([...first, gate, ...later], []);
}

const names = ['a', 'b', 'c', 'd', 'e'];
const gateId = 'stage-1/promote';
let world: EvidenceWorld;

async function begin(gates: StageGates = stageGates([errors])): Promise<void> {
  world = await EvidenceWorld.make(twoStages(gates), names);
}

/** Both canaries switched and the gate up. */
function bake(): number {
  world.switch('a');
  world.switch('b');
  world.keeper.bake({ step: gateId, sinceMs: world.nowMs });
  return world.nowMs;
}

describe('a stage with a limit on errors', () => {
  beforeEach(() => begin());

  test('nothing is looked at before a gate is up, when the provider remembers', async () => {
    expect(world.keeper.nextLookMs()).toBeNull();
    const since = bake();
    expect(world.keeper.nextLookMs()).toBeLessThanOrEqual(since);
    await world.look();
    expect(world.keeper.nextLookMs()).toBe(world.nowMs + 2 * second);
  });

  test('passes on good readings, counts the time they cover, and stores what it decides by', async () => {
    const since = bake();
    expect(await world.stage()).toMatchObject({ answer: 'insufficient', evidenceMs: 0, failed: [] });
    world.nowMs = since + 5 * minute;
    for (const name of names) world.serve(name, since, 0.001);
    const { stages, news } = await world.look();
    expect(stages[0]).toMatchObject({ step: gateId, answer: 'pass', failed: [], problem: null });
    expect(stages[0]!.evidenceMs).toBeGreaterThan(4 * minute);
    expect(news).toMatchObject([{ gate: 'errors', answer: 'pass', stage: 1, target: world.plan.targetDigest }]);
    const verdict = await world.verdict(news[0]!.id);
    expect(canonicalJson(recompute(verdict))).toBe(canonicalJson(verdict));
    expect(verdict.evidence.canaries.map(({ node }) => node)).toEqual(['a', 'b']);
    expect(verdict.evidence.controls).toEqual([]);
    // The same answer again is not worth another verdict.
    world.nowMs += 2 * second;
    expect((await world.look()).news).toEqual([]);
    world.note(gateId, 'done');
    expect(world.keeper.nextLookMs()).toBeNull();
  });

  test('fails at once when the new nodes fail', async () => {
    const since = bake();
    world.nowMs = since + 30 * second;
    world.serve('a', since, 0.3);
    world.serve('b', since, 0.3);
    const { stages, news } = await world.look();
    expect(stages[0]).toMatchObject({ answer: 'fail', failed: [{ gate: 'errors', id: news[0]!.id }] });
  });

  test('readings from before the stage was complete do not count', async () => {
    world.nowMs += 10 * minute;
    world.serve('a', startMs, 0.9);
    world.serve('b', startMs, 0.9);
    const since = bake();
    world.nowMs = since + minute;
    expect(await world.stage()).toMatchObject({ answer: 'insufficient' });
  });

  test('a provider that fails is missing evidence, with the reason, until it is back', async () => {
    const since = bake();
    world.own.fail(new ThemisError('UNREACHABLE', 'prometheus is away'));
    world.nowMs = since + minute;
    expect(await world.stage()).toMatchObject({
      answer: 'insufficient',
      problem: expect.stringContaining('prometheus is away'),
    });
    world.own.fail(null);
    world.nowMs = since + 5 * minute;
    for (const name of ['a', 'b']) world.serve(name, since, 0);
    expect(await world.stage()).toMatchObject({ answer: 'pass' });
  });

  test('a node that changes role or has the old revision again drops out for good', async () => {
    const since = bake();
    world.nowMs = since + minute;
    world.serve('a', since, 0.3);
    world.change('a', { packages: seen('a', '1.4.0').packages });
    expect((await world.stage()).verdicts[0]).toMatchObject({ answer: 'insufficient' });
    world.nodes.set('a', seen('a', '1.5.0'));
    world.change('b', { role: 'leader' });
    world.nowMs += 4 * second;
    expect(await world.stage()).toMatchObject({ answer: 'insufficient', failed: [] });
    const looks = await world.store.evidence.readLooks('e1', '1');
    expect(looks.flatMap(({ dropped }) => dropped)).toEqual(['a', 'b']);
  });

  test('a process that still runs the old version is no new node', async () => {
    bake();
    world.change('a', { health: { status: 'healthy', runningVersion: '1.4.0', detail: null } });
    await world.look();
    const looks = await world.store.evidence.readLooks('e1', '1');
    expect(looks.flatMap(({ dropped }) => dropped)).toEqual(['a']);
  });

  test('going back ends it', async () => {
    bake();
    await world.look();
    world.note(null, 'turn');
    expect(world.keeper.nextLookMs()).toBeNull();
    expect((await world.look()).news).toEqual([]);
  });

  test('the limit of the bake is a decision too, even without evidence', async () => {
    const since = bake();
    expect((await world.look()).news).toEqual([]);
    world.nowMs = since + 20 * minute;
    expect((await world.look()).news).toMatchObject([{ answer: 'insufficient' }]);
    world.nowMs += 2 * second;
    expect((await world.look()).news).toEqual([]);
  });

  test('what somebody else wrote with a newer lease stops it', async () => {
    bake();
    await world.store.lease.forceRelease(world.token);
    const holder = { id: 'z', who: 'z@b', host: 'b', pid: 2, pidStartedAt: null, purpose: 'test' };
    await world.store.lease.acquire(holder, 1000);
    const error = await world.look().catch((error: unknown) => error);
    expect(toFailure(error).code).toBe('FENCED');
  });
});

test('an own query counts once it looks back no further than the stage', async () => {
  const query = 'sum(rate(slow_total{node="{{node}}"}[5m]))';
  const gate: DesiredGate = { ...errors, name: 'slow', metric: 'custom', unit: 'number', query, max: 1 };
  await begin(stageGates([gate]));
  const since = bake();
  world.nowMs = since + 10 * minute;
  for (const name of ['a', 'b'])
    for (let at = since; at <= world.nowMs; at += 5 * second)
      world.own.add(name, 'custom', at, at < since + 5 * minute ? 100 : 0);
  const { stages, news } = await world.look();
  expect(stages[0]).toMatchObject({ answer: 'pass' });
  expect(stages[0]!.evidenceMs).toBeLessThanOrEqual(5 * minute);
  const { series } = (await world.verdict(news[0]!.id)).evidence;
  const instants = series.flatMap(({ points }) => points.map(([at]) => at));
  expect(Math.min(...instants)).toBe(since + 5 * minute);
});

describe('a stage that compares', () => {
  const compared: DesiredGate = { ...errors, max: null, worseBy: 0.1 };
  beforeEach(() => begin(stageGates([compared])));

  test('controls are old, healthy, of the same role; histories are asked for once', async () => {
    world.change('d', { role: 'leader' });
    world.change('e', { health: { status: 'unhealthy', runningVersion: null, detail: null } });
    for (const observed of world.nodes.values()) world.keeper.see(observed);
    world.nowMs += 10 * minute;
    for (const name of names) world.serve(name, startMs, 0);
    const since = bake();
    world.nowMs = since + minute;
    for (const name of ['a', 'b']) world.serve(name, since, 0.2);
    world.serve('c', since, 0, world.own, 50_000);
    const { news } = await world.look();
    const evidence = (await world.verdict((await decide(since, news))!)).evidence;
    expect(evidence.canaries.map(({ node, sinceMs }) => [node, sinceMs])).toEqual([
      ['a', since - 10 * second],
      ['b', since],
    ]);
    expect(evidence.controls).toEqual([{ node: 'c', role: 'follower', sinceMs: since }]);
    const ofA = evidence.series.find(({ node, signal }) => node === 'a' && signal === 'requests');
    const instants = ofA!.points.map(([at]) => at);
    // Its own history ends when its switch began; from then until the stage was complete nothing counts.
    expect(instants.some((at) => at <= since - 20 * second)).toBe(true);
    expect(instants.filter((at) => at > since - 20 * second && at < since)).toEqual([]);
    const asked = world.own.requests.filter(({ afterMs }) => afterMs < since - minute);
    expect(asked.map(({ nodes }) => [...nodes].sort())).toEqual(expect.arrayContaining([['a', 'b'], ['c']]));
    expect(asked).toHaveLength(2);
  });

  async function decide(since: number, news: EvidenceLook['news']): Promise<string | undefined> {
    if (news.length > 0) return news[0]!.id;
    world.nowMs = since + 20 * minute;
    return (await world.look()).news[0]?.id;
  }

  test('half of what may be false alarm is left to failures, however many other gates there are', async () => {
    const others = (['cpu', 'memory', 'diskIo'] as const).map((metric) => ({ ...compared, name: metric, metric }));
    await begin(stageGates([compared, ...others]));
    const since = bake();
    world.nowMs = since + minute;
    for (const name of names) world.serve(name, since, 0.9);
    world.nowMs = since + 30 * minute;
    const { news } = await world.look();
    const alphas = await Promise.all(news.map(async ({ id }) => (await world.verdict(id)).evidence.parameters.alpha));
    expect(alphas[0]).toBeCloseTo(0.02, 10);
    expect(alphas.slice(1)).toHaveLength(3);
    for (const alpha of alphas.slice(1)) expect(alpha).toBeCloseTo(0.02 / 3, 10);
  });

  test('where nothing can be compared only the limit counts', async () => {
    await begin(stageGates([{ ...errors, worseBy: 0.1 }], { notCompared: ['errors'] }));
    const since = bake();
    world.nowMs = since + 5 * minute;
    for (const name of ['a', 'b']) world.serve(name, since, 0);
    const { stages, news } = await world.look();
    expect(stages[0]).toMatchObject({ answer: 'pass' });
    expect((await world.verdict(news[0]!.id)).evidence).toMatchObject({ gate: { worseBy: null }, controls: [] });
  });
});

describe('a provider that remembers only now', () => {
  test('readings are taken from the start, and are the history of those who switch later', async () => {
    await begin(stageGates([{ ...errors, worseBy: 0.1 }]));
    const now = new FakeMetrics('now');
    world.metrics.set(null, now);
    world.restart();
    expect(world.keeper.nextLookMs()).not.toBeNull();
    for (let round = 0; round < 20; round += 1) {
      world.nowMs += 5 * second;
      for (const name of names) {
        now.add(name, 'requests', world.nowMs, 50 * round);
        now.add(name, 'failedRequests', world.nowMs, 0);
      }
      await world.look();
    }
    const before = world.nowMs;
    const since = bake();
    for (let round = 20; round < 80; round += 1) {
      world.nowMs += 5 * second;
      for (const name of names) {
        const late = name > 'b' ? round : round - 20;
        now.add(name, 'requests', world.nowMs, 50 * late);
        now.add(name, 'failedRequests', world.nowMs, 0);
      }
      await world.look();
    }
    world.nowMs = since + 20 * minute;
    const { news } = await world.look();
    const { evidence } = await world.verdict(news.at(-1)!.id);
    const instants = evidence.series.find(({ node }) => node === 'a')!.points.map(([at]) => at);
    expect(instants.filter((at) => at <= before)).toHaveLength(20);
    expect(evidence.controls.map(({ node }) => node)).toEqual(['c', 'd', 'e']);
  });
});

describe('a run that is killed and started again', () => {
  test('has the same evidence, and tells nothing twice', async () => {
    await begin();
    const since = bake();
    for (let round = 1; round <= 30; round += 1) {
      world.nowMs = since + round * 10 * second;
      for (const name of ['a', 'b']) {
        world.own.add(name, 'requests', world.nowMs - 3 * second, 50 * round);
        world.own.add(name, 'failedRequests', world.nowMs - 3 * second, 0);
      }
      const { news } = await world.look();
      world.record = { ...world.record, verdicts: [...world.record.verdicts, ...news] };
    }
    const told = world.record.verdicts;
    expect(told.length).toBeGreaterThan(0);
    const before = await world.stage();
    // The provider has forgotten everything.
    world.metrics.set(null, new FakeMetrics('history'));
    world.restart();
    world.keeper.bake({ step: gateId, sinceMs: since });
    const after = await world.stage();
    expect(after).toMatchObject({ answer: before.answer, evidenceMs: before.evidenceMs });
    expect(after.verdicts.map(({ because }) => because)).toEqual(before.verdicts.map(({ because }) => because));
  });
});

test('a query that its provider refuses costs no other gate its evidence', async () => {
  const own: DesiredGate = { ...errors, name: 'own', metric: 'custom', unit: 'number', max: 1, query: 'sum(' };
  const elsewhere: DesiredGate = { ...errors, name: 'elsewhere', provider: 'file' };
  await begin(stageGates([errors, own, elsewhere]));
  const since = bake();
  const read = world.own.read.bind(world.own);
  world.own.read = async (request, signal) => {
    if (request.signals.some(({ custom }) => custom)) throw new ThemisError('UNSUPPORTED_FORMAT', 'parse error');
    return await read(request, signal);
  };
  world.nowMs = since + minute;
  for (const name of ['a', 'b']) world.serve(name, since, 0.5);
  const stage = await world.stage();
  expect(stage).toMatchObject({ answer: 'fail', failed: [{ gate: 'errors' }] });
  expect(stage.verdicts.map(({ answer }) => answer)).toEqual(['fail', 'insufficient', 'insufficient']);
  expect(stage.problem).toContain('parse error');
  expect(stage.problem).toContain('no file');
});

test('an aborted look answers what is known', async () => {
  await begin();
  bake();
  expect(await world.keeper.look(AbortSignal.abort())).toEqual({ stages: [], news: [] });
});

test('of many nodes thirty-two are chosen, the same every time, and near the new ones first', async () => {
  const first = Array.from({ length: 50 }, (_, index) => `n${index}`);
  const later = Array.from({ length: 200 }, (_, index) => `m${index}`);
  const updates = first.map((name) => update(name));
  const gate = promote(
    1,
    updates.map(({ id }) => id),
    { bakeMs: 4 * minute, approval: false, gates: stageGates([{ ...errors, worseBy: 0.1 }]) as unknown as JsonObject },
  );
  const plan = planOf([...updates, gate, ...later.map((name) => update(name, { stage: 2, needs: [gate.id] }))], []);
  const chosen: string[][] = [];
  for (let run = 0; run < 2; run += 1) {
    world = await EvidenceWorld.make(plan, [...first, ...later]);
    for (const name of first) world.switch(name);
    world.keeper.bake({ step: gate.id, sinceMs: world.nowMs });
    await world.look();
    const [look] = await world.store.evidence.readLooks('e1', '1');
    chosen.push(look!.taken.map(({ node, side }) => `${side} ${node}`));
  }
  expect(chosen[0]).toEqual(chosen[1]);
  expect(chosen[0]!.filter((one) => one.startsWith('canary n'))).toHaveLength(32);
  expect(chosen[0]!.filter((one) => one.startsWith('control m'))).toHaveLength(32);
});
