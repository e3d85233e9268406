/**
 * Holds every promise against the world at each moment that concerns it, counts the checks, and keeps what led up to
 * the first breach. It only looks.
 */
import type { MemoryState } from '../../../adapters/store/memory.ts';
import type { NodeChange, Packages, SimulatedNode } from '../../../adapters/transport/simulated/node.ts';
import type { SimulatedFleet } from '../../../adapters/transport/simulated/fleet.ts';
import type { ExecutionReport } from '../../../fleet/execute/execute.ts';
import { formatInstant } from '../../../kernel/units/instant.ts';
import type { DesiredApproval, DesiredNode, DesiredTenant } from '../../../model/desired.ts';
import type { JournalEntry } from '../../../model/journal.ts';
import type { Plan } from '../../../model/plan.ts';
import type { ExecutionHeader } from '../../../ports/store.ts';
import type { StoreTap } from '../world/tapped-store.ts';
import { Facts, stageKey, type Begun } from './facts.ts';
import { invariants } from './invariants.ts';
import type { Invariant, Moment, MomentKind, View } from './moment.ts';
import type { Rules } from './rules.ts';
import { Trace } from './trace.ts';

export interface Violation {
  readonly invariant: string;
  readonly atMs: number;
  readonly detail: string;
  readonly trace: readonly string[];
}

/** Breaches kept whole; the rest is counted. */
const kept = 20;
/** A controller looks at so many members at once, and at so many before a step. */
const looksAtOnce = 8;
const wholeLook = 32;
/** In larger clusters the look goes round; a round lasts no longer than this. */
const roundMs = 60_000;

export class Watch implements StoreTap {
  readonly checks = new Map<string, number>(invariants.map(({ name }) => [name, 0]));
  readonly broken = new Map<string, number>();
  readonly violations: Violation[] = [];
  readonly trace = new Trace();
  readonly #facts = new Facts();
  readonly #view: View;
  readonly #has = new Map<string, Packages>();
  readonly #byMoment = new Map<MomentKind, Invariant[]>();
  #stages: { readonly of: unknown; readonly stageOf: ReadonlyMap<string, number> } | null = null;

  constructor(
    rules: Rules,
    fleet: SimulatedFleet,
    state: MemoryState,
    approvals: () => readonly DesiredApproval[],
    nowMs: () => number,
  ) {
    const bornClusters = new Set(fleet.clusters);
    for (const node of fleet.nodes.values()) {
      this.#has.set(node.name, node.packages);
      if (Object.keys(node.packages).length > 0) bornClusters.delete(node.cluster);
    }
    this.#view = {
      rules,
      fleet,
      state,
      desired: new Map<string, DesiredNode>(rules.nodes.map((one) => [one.name, one])),
      tenants: new Map<string, DesiredTenant>(rules.tenants.map((one) => [one.name, one])),
      bornClusters,
      stageOf: (node) => this.#stageOf(node),
      approvals,
      nowMs,
    };
    for (const one of invariants as readonly Invariant[]) {
      for (const moment of one.at) {
        const list = this.#byMoment.get(moment);
        if (list === undefined) this.#byMoment.set(moment, [one]);
        else list.push(one);
      }
    }
  }

  opened(header: ExecutionHeader, plan: Plan): void {
    const { fleet, nowMs } = this.#view;
    const has = (node: string): Packages => fleet.nodes.get(node)?.packages ?? {};
    this.#facts.open(header.id, header.kind, plan, has, nowMs());
    this.trace.add(nowMs(), null, 'execution', header.id);
  }

  journalled(entry: JournalEntry): void {
    this.trace.add(this.#view.nowMs(), null, `journal ${entry.event}`, entry.step ?? '');
    const opened = this.#facts.record(entry);
    if (opened !== undefined) this.#check({ kind: 'opened', ...opened });
    if (entry.event !== 'close') return;
    const execution = this.#facts.executions.get(entry.operation)!;
    const { result, exitCode, detail } = entry.detail as unknown as {
      result: 'done';
      exitCode: number;
      detail: string;
    };
    this.#check({ kind: 'ended', execution, end: { finishedAt: entry.at, result, exitCode, detail } });
  }

  /** The last run stopped and would not get on by running again. */
  leftOpen({ execution, result, exitCode, detail }: ExecutionReport): void {
    const end = { finishedAt: formatInstant(this.#view.nowMs()), result, exitCode, detail };
    this.#check({ kind: 'ended', execution: this.#facts.executions.get(execution)!, end });
  }

  /** To be called before the change takes hold of the cluster, as the simulated fleet does. */
  changed(node: SimulatedNode, change: NodeChange): void {
    const { fleet, nowMs } = this.#view;
    this.trace.add(nowMs(), node.cluster, change.kind, node.name);
    const had = this.#has.get(node.name) ?? {};
    if (change.kind === 'installed') this.#has.set(node.name, node.packages);
    if (change.operation === null || change.kind === 'crash' || change.kind === 'start') return;
    const operation = node.operations.get(change.operation)!;
    const begun = this.#facts.begun(change.operation);
    const members = fleet.members(node.cluster);
    const decidedMs = begun?.atMs.findLast((atMs) => atMs <= operation.acceptedAtMs) ?? operation.acceptedAtMs;
    this.#check({
      kind: change.kind,
      node,
      members,
      operation: change.operation,
      body: operation.body,
      begun,
      seenUntilMs: decidedMs - this.#lookMs(members.length),
      had,
    });
    if (change.kind === 'installed' && begun !== undefined) this.#moved(begun);
  }

  #moved({ execution, step, direction }: Begun): void {
    if (direction === 'forward') execution.rollout.lastMoveMs.set(stageKey(step), this.#view.nowMs());
  }

  /** The others of the cluster, several at a time, then the node itself; there and back. */
  #lookMs(members: number): number {
    const rounds = Math.ceil(Math.min(members, wholeLook) / looksAtOnce) + 1;
    const goingRound = members > wholeLook ? roundMs * Math.ceil(members / wholeLook) : 0;
    return goingRound + rounds * 2 * this.#view.rules.longestTravelMs;
  }

  #check(moment: Moment): void {
    for (const invariant of this.#byMoment.get(moment.kind) ?? []) {
      const answer = invariant.check(moment, this.#view);
      if (answer === 'not-asked') continue;
      this.checks.set(invariant.name, this.checks.get(invariant.name)! + 1);
      if (answer !== 'kept') this.#breach(invariant.name, answer.broken, clusterOf(moment));
    }
  }

  #breach(invariant: string, detail: string, cluster: string | null): void {
    this.broken.set(invariant, (this.broken.get(invariant) ?? 0) + 1);
    const atMs = this.#view.nowMs();
    this.trace.add(atMs, cluster, 'VIOLATION', `${invariant}: ${detail}`);
    if (this.violations.length >= kept) return;
    const trace = this.violations.length === 0 ? this.trace.about(cluster) : [];
    this.violations.push({ invariant, atMs, detail, trace });
  }

  #stageOf(node: string): number | undefined {
    const { current } = this.#view.state.record;
    if (current === null) return undefined;
    if (this.#stages?.of !== current.startedAt + current.target) {
      const stageOf = new Map<string, number>();
      for (const [index, { nodes }] of current.stages.entries()) for (const name of nodes) stageOf.set(name, index + 1);
      this.#stages = { of: current.startedAt + current.target, stageOf };
    }
    return this.#stages.stageOf.get(node);
  }
}

function clusterOf(moment: Moment): string | null {
  return 'node' in moment ? moment.node.cluster : null;
}

export function formatViolation({ invariant, atMs, detail }: Violation): string {
  return `${formatInstant(atMs)} ${invariant}: ${detail}`;
}
