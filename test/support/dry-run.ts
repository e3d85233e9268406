/** Drives the stepper alone through a whole plan: every step succeeds at once, nothing is stored or sent. */
import { Stepper } from '../../src/fleet/execute/step.ts';
import { formatInstant } from '../../src/kernel/units/instant.ts';
import type { DesiredNode } from '../../src/model/desired.ts';
import type { JournalEvent } from '../../src/model/journal.ts';
import type { Plan } from '../../src/model/plan.ts';
import { emptyRecord } from '../../src/model/rollout-record.ts';
import { alwaysOpen, seen, testActions } from './plans.ts';

export interface DryRun {
  readonly end: string;
  readonly decisions: number;
  readonly looks: number;
  /** Most steps in hand at once. */
  readonly widest: number;
}

export function dryRun(
  plan: Plan,
  nodes: readonly DesiredNode[],
  leaders: ReadonlySet<string>,
  parallelism: number,
  windows = alwaysOpen,
): DryRun {
  const policy = {
    parallelism,
    onFailure: 'rollback',
    patienceMs: 1000,
    wait: true,
    maxReplicationLagMs: 10_000,
  } as const;
  const stepper = new Stepper({
    plan,
    nodes,
    actions: testActions,
    policy,
    record: emptyRecord,
    windows,
    journal: [],
  });
  const steps = new Map(plan.steps.map((step) => [step.id, step]));
  let nowMs = Date.UTC(2026, 0, 1);
  const now = () => ({ nowMs, steadyMs: nowMs });
  let decisions = 0;
  let looks = 0;
  let widest = 0;
  const record = (step: string, event: JournalEvent): void => stepper.record({ step, event, at: formatInstant(nowMs) });
  const roleOf = (name: string) => (leaders.has(name) ? 'leader' : 'follower');
  for (const { name } of nodes) stepper.see(seen(name, '1.4.0', { role: roleOf(name) }));
  for (;;) {
    decisions += 1;
    const decision = stepper.next(now());
    switch (decision.kind) {
      case 'go':
        widest = Math.max(widest, decision.look.length);
        for (const id of decision.look) {
          looks += stepper.lookList(id).length;
          const name = steps.get(id)!.target.slice('node/'.length);
          const verdict = stepper.verdict(id, seen(name, '1.4.0', { role: roleOf(name) }), 'op', now());
          if (verdict.kind === 'begin') record(id, 'begin');
        }
        for (const id of decision.look) {
          const name = steps.get(id)!.target.slice('node/'.length);
          stepper.see(seen(name, '1.5.0', { role: roleOf(name) }));
          record(id, 'done');
        }
        for (const id of decision.promote) {
          record(id, 'begin');
          record(id, 'done');
        }
        break;
      case 'wait':
        nowMs += Math.max(1, decision.forMs ?? 1);
        break;
      case 'turn':
        throw new Error(`turned because of ${decision.because}`);
      case 'finish':
        return { end: decision.end.kind, decisions, looks, widest };
    }
  }
}
