/** Gates that are judged: what evidence opens, fails, or leaves open until the limit. */
import { describe, expect, test } from 'vitest';
import type { StageGates } from '../../../src/actions/instruction.ts';
import type { StageEvidence } from '../../../src/fleet/evidence/stage-evidence.ts';
import { formatInstant } from '../../../src/kernel/units/instant.ts';
import type { DesiredApproval } from '../../../src/model/desired.ts';
import type { JournalEntry } from '../../../src/model/journal.ts';
import type { PlanStep } from '../../../src/model/plan.ts';
import { emptyRecord, type RolloutRecord } from '../../../src/model/rollout-record.ts';
import type { VerdictSummary } from '../../../src/model/verdict.ts';
import { planOf, promote, seen, update } from '../../support/plans.ts';
import { setUp, startMs, type Setting } from '../../support/stepper.ts';

const minute = 60_000;
const target = planOf([], []).targetDigest;
const gateId = 'stage-1/promote';

interface Shape extends Partial<StageGates> {
  readonly approval?: boolean;
}

function stepsWith({ approval = false, ...change }: Shape = {}): PlanStep[] {
  const gates = {
    gates: [],
    notCompared: [],
    bakeLimitMs: 10 * minute,
    onInsufficient: 'pause',
    mustPass: true,
  } as const;
  return [
    update('b'),
    promote(1, ['b/update/1.5.0'], { bakeMs: 5 * minute, approval, gates: { ...gates, ...change } as never }),
    update('c', { stage: 2, needs: [gateId] }),
  ];
}

const bad: VerdictSummary = {
  id: 'f00d',
  stage: 1,
  gate: 'errorRate',
  answer: 'fail',
  at: formatInstant(startMs),
  target,
  because: 'errorRate is 0.1, at most 0.05',
};

function evidence(change: Partial<StageEvidence>): StageEvidence {
  const none = { answer: 'insufficient', evidenceMs: 0, failed: [], verdicts: [], problem: null } as const;
  return { step: gateId, sinceMs: startMs, ...none, ...change };
}

const pass = evidence({ answer: 'pass', evidenceMs: 5 * minute });
const fail = evidence({ answer: 'fail', failed: [bad], verdicts: [bad] });

/** The first stage is through, and its gate came up. */
function baking(shape: Shape = {}, setting: Setting = {}) {
  const run = setUp({ steps: stepsWith(shape), ...setting });
  run.look();
  run.done('b');
  run.next();
  return run;
}

describe('evidence', () => {
  test('of before the last node finished says nothing, however late it comes', () => {
    const run = baking();
    run.stepper.evidence({ ...pass, sinceMs: startMs - minute });
    expect(run.next()).toMatchObject({ kind: 'wait', on: 'evidence' });
    run.stepper.evidence(pass);
    expect(run.next()).toMatchObject({ kind: 'go', promote: [gateId] });
  });

  test('the bake counts what evidence covers, not the time that goes by', () => {
    const run = baking();
    run.after(6 * minute);
    run.stepper.evidence(evidence({ answer: 'pass', evidenceMs: 3 * minute }));
    expect(run.next()).toMatchObject({ kind: 'wait', on: 'evidence', until: startMs + 10 * minute });
    run.stepper.evidence(pass);
    expect(run.next()).toMatchObject({ kind: 'go', promote: [gateId] });
  });

  test('a gate that fails fails its stage at once, with the verdicts that did it, and everything is taken back', () => {
    const run = baking();
    run.stepper.evidence(fail);
    const decision = run.next();
    expect(decision).toMatchObject({
      kind: 'go',
      promote: [],
      fail: [{ step: gateId, failure: { code: 'GATE_FAILED' }, detail: { verdicts: ['f00d'] } }],
    });
    failGate(run, decision);
    expect(run.next()).toMatchObject({ kind: 'turn', because: gateId });
    run.record('', 'turn');
    expect(run.look()).toEqual(['b']);
  });

  test('with onFailure pause a failed gate leaves everything where it is', () => {
    const run = baking({}, { policy: { onFailure: 'pause' } });
    run.stepper.evidence(fail);
    failGate(run, run.next());
    expect(run.next()).toMatchObject({ kind: 'finish', end: { kind: 'paused' } });
  });

  test('what an approval decides is failed by a gate all the same, and not held up by missing evidence', () => {
    const shape = { approval: true, mustPass: false };
    const run = baking(shape);
    run.stepper.evidence(evidence({ evidenceMs: 5 * minute }));
    expect(run.next()).toMatchObject({ kind: 'wait', on: 'approval' });
    run.stepper.evidence(fail);
    expect(run.next()).toMatchObject({ kind: 'go', fail: [{ step: gateId }] });
    const late = baking(shape);
    late.stepper.evidence(evidence({}));
    expect(late.next()).toMatchObject({ kind: 'wait', on: 'evidence' });
    late.after(10 * minute);
    expect(late.next()).toMatchObject({ kind: 'wait', on: 'approval' });
  });

  test('passed and approved: an emergency stands for the approval, never for the gate', () => {
    const emergency: DesiredApproval = {
      name: 'now',
      target,
      subject: { kind: 'emergency' },
      by: 'ops',
      reason: 'hole',
      expiresAt: formatInstant(startMs + 20 * minute),
    };
    const run = baking({ approval: true });
    run.allow([emergency]);
    run.stepper.evidence(evidence({ evidenceMs: 5 * minute }));
    expect(run.next()).toMatchObject({ kind: 'wait', on: 'evidence' });
    run.stepper.evidence(pass);
    expect(run.next()).toMatchObject({ kind: 'go', promote: [gateId] });
    run.allow([{ ...emergency, expiresAt: undefined }]);
    expect(baking({ approval: true }).next()).toMatchObject({ kind: 'wait', on: 'evidence' });
  });

  test('evidence of a stage whose last node has not finished yet is not taken', () => {
    const run = setUp({ steps: stepsWith() });
    run.stepper.evidence(pass);
    run.look();
    run.done('b');
    expect(run.next()).toMatchObject({ kind: 'wait', on: 'evidence' });
  });
});

describe('the limit of a bake', () => {
  test('pause: the run ends, open; run again after that, it gets the limit once more', () => {
    const run = baking();
    run.stepper.evidence(evidence({ problem: 'prometheus does not answer' }));
    run.after(10 * minute);
    const { end } = run.next() as { end: { detail: string } };
    expect(end).toMatchObject({ kind: 'not-finished', over: false, refused: false });
    expect(end.detail).toContain('prometheus does not answer');

    const again = resumed({}, [], startMs + 60 * minute);
    again.stepper.evidence(evidence({}));
    expect(again.next()).toMatchObject({ kind: 'wait', on: 'evidence', forMs: 10 * minute });
    again.after(10 * minute);
    expect(again.next()).toMatchObject({ kind: 'finish', end: { kind: 'not-finished' } });
  });

  test('run again before it has passed, it goes on counting from the completion of the stage', () => {
    const again = resumed({}, [], startMs + 4 * minute);
    again.stepper.evidence(evidence({}));
    expect(again.next()).toMatchObject({ kind: 'wait', on: 'evidence', forMs: 6 * minute });
  });

  test('rollback: the stage fails, and is taken back whatever the rollout does after failures', () => {
    const run = baking({ onInsufficient: 'rollback' }, { policy: { onFailure: 'pause' } });
    run.stepper.evidence(evidence({}));
    run.after(10 * minute);
    const decision = run.next();
    expect(decision).toMatchObject({ kind: 'go', fail: [{ failure: { code: 'EVIDENCE_INSUFFICIENT' } }] });
    failGate(run, decision);
    expect(run.next()).toMatchObject({ kind: 'turn' });
  });

  test('promote: it opens; and decides nothing before the gates were asked in this run', () => {
    const run = baking({ onInsufficient: 'promote' });
    run.after(20 * minute);
    expect(run.next()).toMatchObject({ kind: 'wait', on: 'evidence' });
    run.stepper.evidence(evidence({}));
    expect(run.next()).toMatchObject({ kind: 'go', promote: [gateId] });
  });

  test('a clock that somebody sets forward shortens neither limit nor bake', () => {
    const run = baking();
    run.stepper.evidence(evidence({}));
    run.jump(60 * minute);
    expect(run.next()).toMatchObject({ kind: 'wait', on: 'evidence', forMs: 10 * minute });
  });
});

describe('without waiting', () => {
  test('the gates are asked once, and what they say decides', () => {
    const run = baking({}, { policy: { wait: false } });
    expect(run.next()).toMatchObject({ kind: 'wait', on: 'evidence' });
    run.stepper.evidence(evidence({}));
    expect(run.next()).toMatchObject({ kind: 'finish', end: { kind: 'not-finished', over: false } });
    run.stepper.evidence(fail);
    expect(run.next()).toMatchObject({ kind: 'go', fail: [{ step: gateId }] });
  });
});

describe('after a crash', () => {
  test('a decision that was announced in the journal stands, whatever is seen now', () => {
    const opened = resumed({}, [entry(gateId, 'begin')]);
    expect(opened.first).toMatchObject({ kind: 'go', promote: [gateId], fail: [] });
    const { failure, detail } = {
      failure: { code: 'GATE_FAILED', message: '', retry: 'human' },
      detail: { verdicts: ['x'] },
    } as const;
    const failing = resumed({}, [entry(gateId, 'begin', { failure, detail })]);
    expect(failing.first).toMatchObject({ kind: 'go', promote: [], fail: [{ step: gateId, failure, detail }] });
  });

  test('a stage that another execution completed for this target bakes since then; for another target since now', () => {
    const stages = [{ nodes: ['b'], completedAt: formatInstant(startMs - 4 * minute), promotedAt: null }];
    const recordOf = (of: typeof target): RolloutRecord => ({
      ...emptyRecord,
      current: { target: of, startedAt: formatInstant(startMs - 9 * minute), stages },
    });
    const steps = [promote(1, [], { bakeMs: 5 * minute }), update('c', { stage: 2, needs: [gateId] })];
    expect(setUp({ steps, record: recordOf(target) }).next()).toMatchObject({ on: 'bake', forMs: minute });
    expect(setUp({ steps, record: recordOf('sha256:other' as never) }).next()).toMatchObject({ forMs: 5 * minute });
  });
});

describe('hops', () => {
  const via = (step: PlanStep): PlanStep => ({ ...step, id: `via/${step.id}`, hop: 1 });
  const leadsTo = 'db 1.5.0';

  /** b and c go over 1.5.0 to 1.6.0; every hop through both stages. */
  function hops() {
    const first = [via(update('b')), via(update('c', { stage: 2, needs: ['via/stage-1/promote'] }))];
    const gate = via(promote(1, [first[0]!.id], { bakeMs: minute, leadsTo, hop: 1 }));
    const closing = { ...via(promote(2, [first[1]!.id], { bakeMs: 2 * minute, leadsTo, hop: 1, ends: 'hop' })) };
    const needs = [closing.id];
    const last = [
      update('b', { needs }, '1.5.0', '1.6.0'),
      update('c', { stage: 2, needs: [gateId] }, '1.5.0', '1.6.0'),
    ];
    const steps = [
      first[0]!,
      gate,
      first[1]!,
      closing,
      last[0]!,
      promote(1, [last[0]!.id], { bakeMs: 3 * minute }),
      last[1]!,
    ];
    return setUp({ steps, leader: undefined, limits: { maxMinorSkew: 2 } });
  }

  function finish(run: ReturnType<typeof hops>, id: string, name: string, version: string): void {
    const at = formatInstant(run.now().nowMs);
    run.stepper.record({ step: id, event: 'begin', at });
    run.report(name, { packages: seen(name, version).packages });
    run.stepper.record({ step: id, event: 'done', at });
  }

  test('each stage of each hop has its gate, and bakes since the last node of its own hop', () => {
    const run = hops();
    run.report('a', { role: 'leader' });
    expect(run.look()).toEqual(['via']);
    finish(run, 'via/b/update/1.5.0', 'b', '1.5.0');
    expect(run.next()).toMatchObject({ on: 'bake', forMs: minute });
    expect(run.stepper.takeCompleted()).toMatchObject([{ stage: 1, leadsTo }]);
    run.after(minute);
    promoteGate(run, 'via/stage-1/promote');
    run.next();
    finish(run, 'via/c/update/1.5.0', 'c', '1.5.0');
    expect(run.next()).toMatchObject({ on: 'bake', forMs: 2 * minute });
    run.after(2 * minute);
    promoteGate(run, 'via/stage-2/promote');
    run.next();
    finish(run, 'b/update/1.6.0', 'b', '1.6.0');
    run.stepper.takeCompleted();
    expect(run.next()).toMatchObject({ on: 'bake', forMs: 3 * minute });
    expect(run.stepper.takeCompleted()).toMatchObject([{ stage: 1, leadsTo: null }]);
  });

  test('what failed on the last hop is taken back over all of them, newest first', () => {
    const run = hops();
    run.report('a', { role: 'leader' });
    run.next();
    finish(run, 'via/b/update/1.5.0', 'b', '1.5.0');
    promoteGate(run, 'via/stage-1/promote');
    run.next();
    finish(run, 'via/c/update/1.5.0', 'c', '1.5.0');
    promoteGate(run, 'via/stage-2/promote');
    run.next();
    finish(run, 'b/update/1.6.0', 'b', '1.6.0');
    promoteGate(run, gateId);
    run.next();
    const failure = { code: 'UNHEALTHY', message: 'sick', retry: 'human' } as const;
    const at = formatInstant(run.now().nowMs);
    run.stepper.record({ step: 'c/update/1.6.0', event: 'begin', at });
    run.stepper.record({ step: 'c/update/1.6.0', event: 'failed', at, failure, detail: { asBefore: true } });
    run.record('', 'turn');
    const order: string[] = [];
    for (let tries = 0; tries < 3; tries += 1) {
      const decision = run.next();
      if (decision.kind !== 'go') break;
      const [id] = decision.look as [string];
      order.push(id);
      run.stepper.record({ step: id, event: 'undo-begin', at });
      const name = id.includes('b/') ? 'b' : 'c';
      run.report(name, { packages: seen(name, id.startsWith('via') ? '1.4.0' : '1.5.0').packages });
      run.stepper.record({ step: id, event: 'undone', at });
    }
    expect(order).toEqual(['b/update/1.6.0', 'via/c/update/1.5.0', 'via/b/update/1.5.0']);
    expect(run.next()).toMatchObject({ kind: 'finish', end: { kind: 'undone' } });
  });
});

function entry(step: string, event: JournalEntry['event'], change: Partial<JournalEntry> = {}): JournalEntry {
  return { seq: 0, operation: 'e', step, event, at: formatInstant(startMs), token: 1, ...change };
}

/** The first stage was through when the run before this one ended. */
function resumed(shape: Shape, more: readonly JournalEntry[], nowMs = startMs) {
  const b = 'b/update/1.5.0';
  const run = setUp({ steps: stepsWith(shape), journal: [entry(b, 'begin'), entry(b, 'done'), ...more] });
  run.report('b', { packages: seen('b', '1.5.0').packages });
  run.after(nowMs - startMs);
  return { ...run, first: run.next() };
}

function promoteGate(run: ReturnType<typeof setUp>, id: string): void {
  const at = formatInstant(run.now().nowMs);
  run.stepper.record({ step: id, event: 'begin', at });
  run.stepper.record({ step: id, event: 'done', at });
}

function failGate(run: ReturnType<typeof setUp>, decision: ReturnType<ReturnType<typeof setUp>['next']>): void {
  if (decision.kind !== 'go') throw new Error(`no gate fails: ${decision.kind}`);
  const at = formatInstant(run.now().nowMs);
  for (const { step, failure, detail } of decision.fail) {
    run.stepper.record({ step, event: 'begin', at, failure, detail });
    run.stepper.record({ step, event: 'failed', at, failure, detail });
  }
}
