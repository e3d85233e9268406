/** A keeper of evidence that can be killed and started again, over nodes and metrics that a test sets. */
import { actionOf } from '../../src/actions/index.ts';
import type { StageGates } from '../../src/actions/instruction.ts';
import { FakeMetrics } from '../../src/adapters/metrics/fake.ts';
import { createMemoryState, createMemoryStore } from '../../src/adapters/store/memory.ts';
import { defaultSignals } from '../../src/desired/normalise.ts';
import { EvidenceKeeper } from '../../src/fleet/evidence/evidence-keeper.ts';
import type { EvidenceLook, StageEvidence } from '../../src/fleet/evidence/stage-evidence.ts';
import { ThemisError } from '../../src/kernel/error.ts';
import { formatInstant } from '../../src/kernel/units/instant.ts';
import type { DesiredGate } from '../../src/model/desired.ts';
import { wireVersion } from '../../src/model/message.ts';
import type { ReachableNode } from '../../src/model/observed.ts';
import type { Plan } from '../../src/model/plan.ts';
import { emptyRecord, type RolloutRecord } from '../../src/model/rollout-record.ts';
import type { Verdict } from '../../src/model/verdict.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { Metrics } from '../../src/ports/metrics.ts';
import type { Store } from '../../src/ports/store.ts';
import type { Transport } from '../../src/ports/transport.ts';
import { node, seen } from './plans.ts';
import { gate } from './gate-fixture.ts';

export const startMs = Date.UTC(2026, 0, 1);
export const second = 1000;
export const minute = 60 * second;

export const errors = gate('errorRate', { name: 'errors', max: 0.05, minSamples: 10 });

export function stageGates(gates: readonly DesiredGate[], change: Partial<StageGates> = {}): StageGates {
  return { gates, notCompared: [], bakeLimitMs: 20 * minute, onInsufficient: 'pause', mustPass: true, ...change };
}

export class EvidenceWorld {
  nowMs = startMs;
  readonly plan: Plan;
  readonly nodes = new Map<string, ReachableNode>();
  readonly own = new FakeMetrics('history');
  readonly metrics = new Map<string | null, Metrics>([[null, this.own]]);
  readonly store: Store;
  readonly token: number;
  record: RolloutRecord = emptyRecord;
  journal: { step: string | null; event: 'begin' | 'done' | 'unchanged' | 'turn'; at: string }[] = [];
  keeper: EvidenceKeeper;

  static async make(plan: Plan, names: readonly string[]): Promise<EvidenceWorld> {
    const clock = { nowMs: () => startMs } as Clock;
    const store = createMemoryStore(createMemoryState(), clock);
    const holder = { id: 'a', who: 'a@b', host: 'b', pid: 1, pidStartedAt: null, purpose: 'test' };
    const lease = (await store.lease.acquire(holder, 3_600_000_000))!;
    return new EvidenceWorld(plan, names, store, lease.token);
  }

  private constructor(plan: Plan, names: readonly string[], store: Store, token: number) {
    this.plan = plan;
    this.store = store;
    this.token = token;
    for (const name of names) this.nodes.set(name, seen(name, '1.4.0'));
    this.keeper = this.restart();
  }

  restart(): EvidenceKeeper {
    this.keeper = new EvidenceKeeper({
      execution: 'e1',
      token: this.token,
      plan: this.plan,
      actions: actionOf,
      nodes: [...this.nodes.keys()].map((name) => node(name)),
      record: this.record,
      metrics: {
        signals: defaultSignals,
        open: (provider) => {
          const found = this.metrics.get(provider);
          if (found === undefined) throw new ThemisError('USAGE', `no ${String(provider)}`);
          return found;
        },
      },
      store: this.store.evidence,
      transport: this.transport,
      clock: { nowMs: () => this.nowMs, steadyMs: () => this.nowMs, sleep: async () => {} },
    });
    for (const entry of this.journal) this.keeper.record(entry);
    for (const observed of this.nodes.values()) this.keeper.see(observed);
    return this.keeper;
  }

  readonly transport: Transport = {
    call: async (to, { kind }) => {
      const observed = this.nodes.get(to.name)!;
      if (kind !== 'observe') throw new ThemisError('BUG', kind);
      return { wireVersion, node: to.name, kind: 'observed', observed };
    },
  };

  note(step: string | null, event: EvidenceWorld['journal'][number]['event']): void {
    const entry = { step, event, at: formatInstant(this.nowMs) };
    this.journal.push(entry);
    this.keeper.record(entry);
  }

  change(name: string, change: Partial<ReachableNode>): void {
    this.nodes.set(name, { ...this.nodes.get(name)!, ...change });
  }

  /** The switch of a node takes ten seconds. */
  switch(name: string, version = '1.5.0'): void {
    this.note(`${name}/update/${version}`, 'begin');
    this.nowMs += 10 * second;
    this.note(`${name}/update/${version}`, 'done');
    this.nodes.set(name, { ...seen(name, version), role: this.nodes.get(name)!.role });
    this.keeper.see(this.nodes.get(name)!);
  }

  /** Every five seconds from `fromMs` until now: fifty requests each, this share of them failed. */
  serve(name: string, fromMs: number, share: number, metrics: FakeMetrics = this.own, base = 0): void {
    for (let at = fromMs, count = 1; at <= this.nowMs; at += 5 * second, count += 1) {
      metrics.add(name, 'requests', at, base + 50 * count);
      metrics.add(name, 'failedRequests', at, Math.round(50 * share * count));
    }
  }

  async look(): Promise<EvidenceLook> {
    return await this.keeper.look(new AbortController().signal);
  }

  async stage(): Promise<StageEvidence> {
    return (await this.look()).stages[0]!;
  }

  async verdict(id: string): Promise<Verdict> {
    return await this.store.evidence.readVerdict(id);
  }
}
