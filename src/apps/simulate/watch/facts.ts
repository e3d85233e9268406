/**
 * What the watch has seen of each rollout: what is being carried out, who decided what when, which stages were opened
 * and who was touched. Learned from durable journal entries and from the nodes themselves.
 */
import { promoteParams } from '../../../actions/stage-promote.ts';
import { operationId } from '../../../fleet/execute/carry-out.ts';
import type { Digest } from '../../../kernel/digest.ts';
import { parseInstant } from '../../../kernel/units/instant.ts';
import type { JournalEntry } from '../../../model/journal.ts';
import type { InstalledPackage } from '../../../model/observed.ts';
import type { Plan, PlanStep } from '../../../model/plan.ts';

type Packages = Readonly<Record<string, InstalledPackage>>;

/** A step that a controller decided to take, as its node knows it. */
export interface Begun {
  readonly execution: WatchedExecution;
  readonly step: PlanStep;
  readonly direction: 'forward' | 'back';
  /** Instants of its `begin` entries. */
  readonly atMs: number[];
}

export interface WatchedExecution {
  readonly id: string;
  readonly kind: 'apply' | 'rollback';
  readonly plan: Plan;
  readonly steps: ReadonlyMap<string, PlanStep>;
  /** Steps of each node, in plan order. */
  readonly ofNode: ReadonlyMap<string, readonly PlanStep[]>;
  /** What its nodes had when it was opened. */
  readonly before: ReadonlyMap<string, Packages>;
  /** By hop: stages in which versions move. */
  readonly moving: ReadonlyMap<string, ReadonlySet<number>>;
  /** Instant of the first `begin` of a node's step in each hop and stage. */
  readonly firstBegin: Map<string, number>;
  readonly rollout: Rollout;
}

/** Everything done for one target, over as many executions as it takes. */
export interface Rollout {
  readonly target: Digest;
  readonly startedAtMs: number;
  /** By hop: stages in which nodes were touched, and stages passed: opened, or not in the way of one that was. */
  readonly moved: Map<string, Set<number>>;
  readonly opened: Map<string, Set<number>>;
  /** By hop: nodes that were drained for it. */
  readonly touched: Map<string, Set<string>>;
  /** By node and hop. */
  readonly stopped: Map<string, number>;
  /** By hop and stage: when its last node got what the hop brings. */
  readonly lastMoveMs: Map<string, number>;
}

/** A gate that a controller decided to open, and what it opens. */
export interface Opening {
  readonly execution: WatchedExecution;
  readonly step: PlanStep;
  readonly decidedMs: number;
  /** When the last node of the stage had moved by then; undefined: none had. */
  readonly lastMoveMs: number | undefined;
}

export class Facts {
  readonly rollouts = new Map<Digest, Rollout>();
  readonly executions = new Map<string, WatchedExecution>();
  readonly #begun = new Map<string, Begun>();
  readonly #openings = new Map<string, Opening>();

  open(
    id: string,
    kind: 'apply' | 'rollback',
    plan: Plan,
    has: (node: string) => Packages,
    atMs: number,
  ): WatchedExecution {
    const ofNode = new Map<string, PlanStep[]>();
    const before = new Map<string, Packages>();
    const moving = new Map<string, Set<number>>();
    const rollout = this.#rollout(plan.targetDigest, atMs);
    for (const step of plan.steps) {
      const node = nodeOf(step);
      if (node === undefined) continue;
      const list = ofNode.get(node);
      if (list === undefined) {
        ofNode.set(node, [step]);
        before.set(node, has(node));
      } else list.push(step);
      if (step.kind !== 'node-repair') setOf(moving, hopOf(step)).add(step.stage);
    }
    const steps = new Map(plan.steps.map((step) => [step.id, step]));
    const firstBegin = new Map<string, number>();
    const execution: WatchedExecution = { id, kind, plan, steps, ofNode, before, moving, firstBegin, rollout };
    this.executions.set(id, execution);
    return execution;
  }

  begun(operation: string): Begun | undefined {
    return this.#begun.get(operation);
  }

  /** The gate that an entry opens, if it does. */
  record(entry: JournalEntry): Opening | undefined {
    const execution = this.executions.get(entry.operation)!;
    const step = entry.step === null ? undefined : execution.steps.get(entry.step);
    if (step === undefined) return undefined;
    if (nodeOf(step) === undefined) {
      return promoteParams(step).group === undefined ? this.#gate(execution, step, entry) : undefined;
    }
    if (entry.event === 'begin') this.#begin(execution, step, 'forward', entry.at);
    else if (entry.event === 'undo-begin') this.#begin(execution, step, 'back', entry.at);
    return undefined;
  }

  #gate(execution: WatchedExecution, step: PlanStep, { event, at }: JournalEntry): Opening | undefined {
    const id = `${execution.id} ${step.id}`;
    let opening = this.#openings.get(id);
    if (opening === undefined) {
      const lastMoveMs = execution.rollout.lastMoveMs.get(stageKey(step));
      opening = { execution, step, decidedMs: parseInstant(at)!, lastMoveMs };
      this.#openings.set(id, opening);
    }
    if (event !== 'done') return undefined;
    passStages(execution, step);
    return opening;
  }

  #begin(execution: WatchedExecution, step: PlanStep, direction: 'forward' | 'back', at: string): void {
    const id = operationId(execution.id, step.id, direction);
    const atMs = parseInstant(at)!;
    const known = this.#begun.get(id);
    if (known === undefined) this.#begun.set(id, { execution, step, direction, atMs: [atMs] });
    else known.atMs.push(atMs);
    const key = stageKey(step);
    if (direction === 'forward' && !execution.firstBegin.has(key)) execution.firstBegin.set(key, atMs);
  }

  #rollout(target: Digest, startedAtMs: number): Rollout {
    let rollout = this.rollouts.get(target);
    if (rollout === undefined) {
      rollout = {
        target,
        startedAtMs,
        moved: new Map(),
        opened: new Map(),
        touched: new Map(),
        stopped: new Map(),
        lastMoveMs: new Map(),
      };
      this.rollouts.set(target, rollout);
    }
    return rollout;
  }
}

/** A stage whose only nodes led when it was its turn has no gate to be asked: they move once others have. */
function passStages({ rollout, moving }: WatchedExecution, gate: PlanStep): void {
  const hop = hopOf(gate);
  const opened = setOf(rollout.opened, hop);
  opened.add(gate.stage);
  const before = Array.from({ length: gate.stage - 1 }, (_, index) => index + 1);
  const stands = (stage: number): boolean =>
    !opened.has(stage) && (moving.get(hop)?.has(stage) === true || rollout.moved.get(hop)?.has(stage) === true);
  if (!before.some(stands)) for (const stage of before) opened.add(stage);
}

export function nodeOf({ target }: PlanStep): string | undefined {
  return target.startsWith('node/') ? target.slice('node/'.length) : undefined;
}

/** `last` for the hop that leads to the target, else its number. */
export function hopOf(step: PlanStep): string {
  return step.hop === undefined ? 'last' : `hop ${step.hop}`;
}

export function stageKey(step: PlanStep): string {
  return `${hopOf(step)}/${step.stage}`;
}

export function setOf<Key, Item>(sets: Map<Key, Set<Item>>, key: Key): Set<Item> {
  let set = sets.get(key);
  if (set === undefined) sets.set(key, (set = new Set()));
  return set;
}

export function hasAll(packages: Packages, wanted: Packages): boolean {
  return Object.entries(wanted).every(([name, one]) => packages[name]?.manifestHash === one.manifestHash);
}
