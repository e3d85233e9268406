/** A stepper over a small cluster, with the nodes it sees and the entries it is told: what its unit tests turn. */
import { Stepper } from '../../src/fleet/execute/step.ts';
import type { StepperPolicy } from '../../src/fleet/execute/decision.ts';
import { ThemisError, toFailure } from '../../src/kernel/error.ts';
import { formatInstant } from '../../src/kernel/units/instant.ts';
import type { DesiredApproval, DesiredNode } from '../../src/model/desired.ts';
import type { JournalEntry, JournalEvent } from '../../src/model/journal.ts';
import type { ReachableNode } from '../../src/model/observed.ts';
import type { PlanStep } from '../../src/model/plan.ts';
import { emptyRecord, type RolloutRecord } from '../../src/model/rollout-record.ts';
import type { ObservedDatabase } from '../../src/model/schema/database.ts';
import type { NodeWindows } from '../../src/windows/window-answer.ts';
import { alwaysOpen, constraints, node, planOf, seen, testActions, update, type Limits } from './plans.ts';

export const startMs = Date.UTC(2026, 0, 1);
const policy: StepperPolicy = {
  parallelism: 10,
  onFailure: 'rollback',
  patienceMs: 10_000,
  wait: true,
  maxReplicationLagMs: 10_000,
};

export interface Setting {
  readonly steps?: readonly PlanStep[];
  readonly nodes?: readonly DesiredNode[];
  readonly policy?: Partial<StepperPolicy>;
  readonly limits?: Partial<Limits>;
  readonly change?: Parameters<typeof planOf>[2];
  /** Name of who leads; undefined: nobody. */
  readonly leader?: string | undefined;
  readonly journal?: readonly JournalEntry[];
  readonly record?: RolloutRecord;
  readonly windows?: NodeWindows;
  readonly databases?: readonly ObservedDatabase[];
}

export const trio = [node('a'), node('b'), node('c')];

/** Three nodes of one cluster at 1.4.0, all healthy. */
export function setUp(setting: Setting = {}) {
  const nodes = setting.nodes ?? trio;
  const steps = setting.steps ?? nodes.map(({ name }) => update(name));
  const sizes: Record<string, number> = {};
  for (const { cluster } of nodes) sizes[cluster] = (sizes[cluster] ?? 0) + 1;
  const plan = planOf(steps, constraints({ sizes, ...setting.limits }), setting.change);
  const stepper = new Stepper({
    plan,
    nodes,
    actions: testActions,
    policy: { ...policy, ...setting.policy },
    record: setting.record ?? emptyRecord,
    windows: setting.windows ?? alwaysOpen,
    databases: setting.databases ?? [],
    journal: setting.journal ?? [],
  });
  const leader = 'leader' in setting ? setting.leader : 'a';
  const state = new Map(
    nodes.map(({ name }) => [name, seen(name, '1.4.0', { role: name === leader ? 'leader' : 'follower' })]),
  );
  for (const one of state.values()) stepper.see(one);
  let nowMs = startMs;
  let aheadMs = 0;
  const now = () => ({ nowMs: nowMs + aheadMs, steadyMs: nowMs });

  return {
    stepper,
    after: (durationMs: number) => (nowMs += durationMs),
    /** Somebody sets the clock. */
    jump: (durationMs: number) => void (aheadMs += durationMs),
    now,
    next: () => stepper.next(now()),
    look(): string[] {
      const decision = stepper.next(now());
      return decision.kind === 'go' ? decision.look.map((id) => id.split('/')[0]!) : [];
    },
    allow: (approvals: readonly DesiredApproval[], windows = setting.windows ?? alwaysOpen) =>
      stepper.permit(approvals, windows),
    report(name: string, change: Partial<ReachableNode>) {
      state.set(name, { ...state.get(name)!, ...change });
      stepper.see(state.get(name)!);
    },
    verdict: (name: string) => stepper.verdict(idOf(steps, name), state.get(name)!, 'own', now()).kind,
    record(name: string, event: JournalEvent, detail = {}) {
      const failure = toFailure(new ThemisError('UNHEALTHY', 'sick'));
      const step = event === 'turn' ? null : idOf(steps, name);
      stepper.record({
        step,
        event,
        at: formatInstant(now().nowMs),
        detail,
        ...(event.endsWith('failed') ? { failure } : {}),
      });
    },
    done(name: string, version = '1.5.0') {
      this.record(name, 'begin');
      this.report(name, { packages: seen(name, version).packages });
      this.record(name, 'done');
    },
  };
}

export function idOf(steps: readonly PlanStep[], name: string): string {
  return steps.find((step) => step.id.startsWith(`${name}/`))!.id;
}
