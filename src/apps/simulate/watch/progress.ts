/** Promises about the rollout: journal before effect, nothing twice, shares and gates of stages, and how a run ends. */
import type { SimulatedNode } from '../../../adapters/transport/simulated/node.ts';
import { canonicalJson } from '../../../kernel/canonical-json.ts';
import { parseInstant } from '../../../kernel/units/instant.ts';
import type { PlanStep } from '../../../model/plan.ts';
import { hasAll, hopOf, nodeOf, setOf, stageKey, type Opening, type WatchedExecution } from './facts.ts';
import type { Invariant, Moment, Touch, View } from './moment.ts';
import { closedBy } from './open-instant.ts';
import { shareOf } from './rules.ts';

export const journalFirst: Invariant = {
  name: 'journal first',
  promise: 'No node is drained before a durable journal entry says so.',
  grace: null,
  at: ['drain'],
  check(moment) {
    const { begun, node } = moment as Touch;
    return begun === undefined ? { broken: `${node.name} is drained and no journal says why` } : 'kept';
  },
};

export const windowsKept: Invariant = {
  name: 'windows',
  promise: 'No node is drained outside the windows, blackouts, notice and consent of all of its tenants.',
  grace: 'rollbacks; an emergency approval',
  at: ['drain'],
  check(moment, view) {
    const { begun, node } = moment as Touch;
    const names = view.desired.get(node.name)?.tenants ?? [];
    if (begun === undefined || begun.direction === 'back' || begun.execution.kind === 'rollback') return 'not-asked';
    if (names.length === 0) return 'not-asked';
    const { rollout } = begun.execution;
    const reason = closedBy({
      tenants: names.map((name) => view.tenants.get(name)!).filter((one) => one !== undefined),
      approvals: view.approvals(),
      target: rollout.target,
      noticeAtMs: parseInstant(view.state.record.current?.startedAt ?? '') ?? rollout.startedAtMs,
      critical: begun.step.params?.['critical'] === true,
      atMs: view.nowMs(),
    });
    return reason === undefined ? 'kept' : { broken: `${node.name} is drained though closed, ${reason}` };
  },
};

export const onceOnly: Invariant = {
  name: 'nothing twice',
  promise: 'The service of a node is stopped once for a step, and once for a hop of a rollout.',
  grace: 'a hop that was taken back in between',
  at: ['stop'],
  check(moment) {
    const { node, begun, operation } = moment as Touch;
    if ((node.stops.get(operation) ?? 0) > 1) return { broken: `${node.name} stops twice for operation ${operation}` };
    if (begun === undefined || begun.execution.kind === 'rollback') return 'kept';
    const { stopped } = begun.execution.rollout;
    const key = `${node.name} ${hopOf(begun.step)} ${begun.step.kind === 'node-repair' ? 'repair' : ''}`;
    if (begun.direction === 'back') {
      stopped.delete(key);
      return 'kept';
    }
    stopped.set(key, (stopped.get(key) ?? 0) + 1);
    return stopped.get(key) === 1 ? 'kept' : { broken: `${node.name} stops again for ${begun.step.id}` };
  },
};

export const shareKept: Invariant = {
  name: 'stage share',
  promise: 'Until the gate of a stage is open, no more nodes are touched than the share of that stage.',
  grace: null,
  at: ['drain'],
  check(moment, { rules }) {
    const { begun, node } = moment as Touch;
    if (!movesForward(begun)) return 'not-asked';
    const { rollout } = begun.execution;
    const hop = hopOf(begun.step);
    const touched = setOf(rollout.touched, hop);
    touched.add(node.name);
    setOf(rollout.moved, hop).add(begun.step.stage);
    const { stages } = rules.rollout;
    const share = shareOf(stages, openStage(begun.execution, hop, stages.length), rules.nodes.length);
    if (touched.size <= share) return 'kept';
    return { broken: `${node.name} is number ${touched.size} of a stage whose share is ${share}` };
  },
};

export const restUntouched: Invariant = {
  name: 'remaining nodes',
  promise: 'A node of a later stage, as the record fixed it, is left alone until every gate before it is open.',
  grace: null,
  at: ['drain'],
  check(moment, { rules, stageOf }) {
    const { begun, node } = moment as Touch;
    const member = stageOf(node.name);
    if (!movesForward(begun) || member === undefined || member === 1) return 'not-asked';
    const open = openStage(begun.execution, hopOf(begun.step), rules.rollout.stages.length);
    if (member <= open) return 'kept';
    return { broken: `${node.name} of stage ${member} is drained while stage ${open} is in hand` };
  },
};

function movesForward(begun: Touch['begun']): begun is NonNullable<Touch['begun']> {
  if (begun === undefined || begun.direction === 'back' || begun.execution.kind === 'rollback') return false;
  return begun.step.kind !== 'node-repair';
}

/** The first stage in which versions move and whose gate is not open; all of them opened: the last. */
function openStage({ rollout, moving }: WatchedExecution, hop: string, stages: number): number {
  const planned = moving.get(hop);
  const moved = rollout.moved.get(hop);
  const opened = rollout.opened.get(hop);
  for (let stage = 1; stage < stages; stage += 1) {
    const counts = planned?.has(stage) === true || moved?.has(stage) === true;
    if (counts && opened?.has(stage) !== true) return stage;
  }
  return stages;
}

export const stageComplete: Invariant = {
  name: 'stage complete',
  promise: 'The gate of a stage opens only when every node of the stage runs what the stage brings.',
  grace: 'nodes that led when they were last looked at, whose turn comes later; deferred nodes',
  at: ['opened'],
  check(moment, { fleet, rules }) {
    const { execution, step, decidedMs } = moment as Extract<Moment, { kind: 'opened' }>;
    // What it said a moment ago is on its way.
    const heardMs = decidedMs - rules.longestTravelMs;
    const deferred = new Set(execution.plan.deferred.map((one) => one.step));
    const sinceMs = execution.firstBegin.get(stageKey(step)) ?? Infinity;
    for (const [name, steps] of execution.ofNode) {
      const own = steps.find((one) => stageKey(one) === stageKey(step));
      if (own === undefined || deferred.has(own.id)) continue;
      const node = fleet.nodes.get(name)!;
      if (steps.some((one) => isAtLeast(node, one, own)) || wasSeenLeading(node, sinceMs, heardMs)) continue;
      return { broken: `stage ${step.stage} is opened and ${name} does not have what it brings` };
    }
    return 'kept';
  },
};

function isAtLeast(node: SimulatedNode, one: PlanStep, own: PlanStep): boolean {
  return (one.hop ?? Infinity) >= (own.hop ?? Infinity) && hasAll(node.packages, one.after.packages ?? {});
}

function wasSeenLeading(node: SimulatedNode, sinceMs: number, heardMs: number): boolean {
  const { role, toldRole, toldItLedUntilMs, ledUntilMs } = node;
  return role === 'leader' || toldRole === 'leader' || toldItLedUntilMs >= heardMs || ledUntilMs >= sinceMs;
}

export const gateAnswered: Invariant = {
  name: 'gate',
  promise: 'A stage is opened only after its bake, its approval and a pass of each of its gates.',
  grace:
    'approvals and gates of a hop that is not the last, approvals where no later stage moves; what the stage declares for insufficient evidence',
  at: ['opened'],
  check(moment, view) {
    const { execution, step, decidedMs, lastMoveMs } = moment as Extract<Moment, { kind: 'opened' }>;
    const stage = view.rules.rollout.stages[step.stage - 1];
    if (stage === undefined) return { broken: `stage ${step.stage} does not exist` };
    const bakedMs = lastMoveMs === undefined ? Infinity : decidedMs - lastMoveMs;
    if (bakedMs < stage.bakeMs) return { broken: `stage ${step.stage} is opened after ${bakedMs} ms of its bake` };
    const opens = [...(execution.moving.get(hopOf(step)) ?? [])].some((later) => later > step.stage);
    if (opens && stage.promotion !== 'gate' && step.hop === undefined && !isApproved(execution, step.stage, view)) {
      return { broken: `stage ${step.stage} is opened without an approval` };
    }
    const silent = stage.promotion === 'approval' ? undefined : gateWithoutPass(moment as Opening, view);
    return silent === undefined ? 'kept' : { broken: `stage ${step.stage} is opened though gate ${silent}` };
  },
};

/** The newest verdict on each gate, about this stage since its last node moved, is a pass. */
function gateWithoutPass({ execution, step, decidedMs, lastMoveMs }: Opening, view: View): string | undefined {
  const { gates, stages } = view.rules.rollout;
  const stage = stages[step.stage - 1]!;
  if (stage.onInsufficient === 'promote' || !movedIn(execution, step)) return undefined;
  for (const { name } of gates) {
    const newest = [...view.state.verdicts.values()].findLast(
      (one) => one.evidence.gate.name === name && one.stage === step.stage && one.target === execution.rollout.target,
    );
    if (newest === undefined) return `${name} was never asked`;
    if (newest.result.answer !== 'pass') return `${name} says ${newest.result.answer}`;
    if (newest.evidence.sinceMs < (lastMoveMs ?? -Infinity) || newest.evidence.untilMs > decidedMs) {
      return `${name} was asked about another time`;
    }
  }
  return undefined;
}

/** A stage of which nothing moves has nothing to be judged by. */
function movedIn({ rollout }: WatchedExecution, step: PlanStep): boolean {
  return rollout.lastMoveMs.has(stageKey(step));
}

function isApproved({ rollout }: WatchedExecution, stage: number, view: View): boolean {
  return view
    .approvals()
    .some(
      ({ target, subject }) =>
        target === rollout.target &&
        (subject.kind === 'emergency' || (subject.kind === 'stage' && subject.stage === stage)),
    );
}

export const endsWhole: Invariant = {
  name: 'ending',
  promise: 'A run ends with every node new, with every node as it was, or paused with a reason.',
  grace: 'nodes of deferred steps; nodes that are stuck and say so',
  at: ['ended'],
  check(moment, { fleet, rules }) {
    const { execution, end } = moment as Extract<Moment, { kind: 'ended' }>;
    const { before } = execution;
    if (end.result === 'done' && execution.kind === 'apply') {
      const behind = firstBehind(execution, rules.wanted(), fleet.nodes.values());
      return behind === undefined ? 'kept' : { broken: `done, but ${behind} is not new` };
    }
    if (end.result === 'rolled-back') {
      const left = [...before].find(([name, had]) => !isSame(fleet.nodes.get(name)!, had));
      return left === undefined ? 'kept' : { broken: `rolled back, but ${left[0]} is not as it was` };
    }
    const mixed = [...before].find(([name, had]) => !isKnownState(fleet.nodes.get(name)!, had, execution));
    if (mixed !== undefined) return { broken: `${end.result}, and ${mixed[0]} is neither old nor new` };
    return end.detail === '' ? { broken: `${end.result} without a reason` } : 'kept';
  },
};

function firstBehind(
  { plan, steps }: WatchedExecution,
  wanted: ReturnType<View['rules']['wanted']>,
  nodes: Iterable<SimulatedNode>,
): string | undefined {
  const deferred = new Set(plan.deferred.map(({ step }) => nodeOf(steps.get(step)!)));
  const pins = Map.groupBy(wanted, (one) => one.package);
  for (const { name, packages } of nodes) {
    if (deferred.has(name)) continue;
    for (const [pinned, list] of pins) {
      if (!list.some(({ manifestHash }) => packages[pinned]?.manifestHash === manifestHash)) return name;
    }
  }
  return undefined;
}

function isKnownState(node: SimulatedNode, had: SimulatedNode['packages'], { ofNode }: WatchedExecution): boolean {
  return isSame(node, had) || ofNode.get(node.name)!.some((step) => isSame(node, step.after.packages ?? {}));
}

function isSame(node: SimulatedNode, had: SimulatedNode['packages']): boolean {
  return canonicalJson(node.packages) === canonicalJson(had);
}
