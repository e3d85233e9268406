/**
 * Who is judged at a stage, and beside whom: at most thirty-two new nodes and thirty-two old ones. The choice depends on
 * names and facts alone, never on readings, so that nobody is chosen for how it behaves; who was taken stays taken.
 *
 * A new node has what the switches of this hop bring, up to this stage, also while it is silent: then there is no
 * evidence of it, and no gate passes without. Those of the stage itself come first. An old
 * node is one whose switch lies in a later stage and has not begun, that has what it had before, is healthy, and has
 * the role of a new one; those of the new nodes' clusters come first.
 */
import { compareText } from '../../kernel/finding.ts';
import type { ObservedNode, ReachableNode, Role } from '../../model/observed.ts';
import type { PlanStep } from '../../model/plan.ts';
import type { TakenSubject } from '../../model/verdict.ts';
import { standingOf } from '../line/state-match.ts';
import type { Switches } from './gated-stage.ts';
import type { StepTimes } from './step-times.ts';

export const mostSubjects = 32;

export interface ChoiceFacts {
  readonly stage: number;
  readonly switches: Switches;
  readonly times: StepTimes;
  readonly seen: ReadonlyMap<string, ObservedNode>;
  readonly clusterOf: ReadonlyMap<string, string>;
  /** Nodes of this and earlier stages that need no switch here; empty for a hop on the way. */
  readonly settled: readonly string[];
  /** Taken by an earlier look, and who dropped out since. */
  readonly taken: ReadonlyMap<string, TakenSubject>;
  readonly dropped: ReadonlySet<string>;
  /** Order in which equals are chosen: a digest, so that they lie all over the fleet. */
  readonly rankOf: (name: string) => string;
}

/** All who count now: those taken before, and whoever is taken in addition. */
export function chooseSubjects(facts: ChoiceFacts): readonly TakenSubject[] {
  const canaries = take(
    facts,
    'canary',
    ordered(facts, canaryNames(facts), (name) => [ownStage(facts, name) ? 0 : 1]),
  );
  const roles = new Set(canaries.map(({ role }) => role));
  const clusters = new Set(canaries.map(({ node }) => facts.clusterOf.get(node)));
  const candidates = controlNames(facts, (role) => roles.has(role));
  const near = ordered(facts, candidates, (name) => [clusters.has(facts.clusterOf.get(name)) ? 0 : 1]);
  return [...canaries, ...evenRoles(take(facts, 'control', near, Infinity), facts.taken)];
}

/** Before the stage has any new node: who may become one, and who may stand beside it. For providers without memory. */
export function likelySubjects(facts: ChoiceFacts): readonly string[] {
  const { stage, switches, settled, clusterOf } = facts;
  const stageOf = (name: string): number => switches.get(name)!.stage;
  const names = [...switches.keys()];
  const upTo = names.filter((name) => stageOf(name) <= stage);
  const own = ordered(facts, upTo, (name) => [stage - stageOf(name)]).slice(0, mostSubjects);
  const clusters = new Set(own.map((name) => clusterOf.get(name)));
  const after = names.filter((name) => stageOf(name) > stage);
  // Of the next stage first: its nodes are asked for again when their turn has come.
  const near = ordered(facts, after, (name) => [clusters.has(clusterOf.get(name)) ? 0 : 1, stageOf(name)]);
  const known = ordered(facts, settled, () => []).slice(0, mostSubjects - own.length);
  return [...own, ...known, ...near.slice(0, mostSubjects)];
}

/** Why a node that was taken counts no longer; null: it still does. What is not known now is no reason. */
export function dropReason(subject: TakenSubject, facts: ChoiceFacts): 'role' | 'revision' | null {
  const { node, side, role } = subject;
  const observed = facts.seen.get(node);
  if (observed?.reachable !== true) return null;
  if (role !== 'unknown' && observed.role !== 'unknown' && observed.role !== role) return 'role';
  return isOf(side, node, observed, facts) ? null : 'revision';
}

function canaryNames(facts: ChoiceFacts): string[] {
  const { stage, switches, times, settled } = facts;
  const switched = [...switches].filter(
    ([, step]) => step.stage <= stage && (times.of(step.id)?.endMs ?? null) !== null,
  );
  // One that cannot be asked now counts: a release that kills what it is installed on must not pass on who is left.
  const present = switched.map(([name]) => name).filter((name) => isSilent(name, facts) || fits('canary', name, facts));
  return [...present, ...settled.filter((name) => fits('canary', name, facts))];
}

function controlNames(facts: ChoiceFacts, wanted: (role: Role) => boolean): string[] {
  const { stage, switches, times, seen } = facts;
  return [...switches]
    .filter(([name, step]) => step.stage > stage && times.of(step.id) === undefined && fits('control', name, facts))
    .map(([name]) => name)
    .filter((name) => {
      const observed = seen.get(name) as ReachableNode;
      return wanted(observed.role) && ['healthy', 'unknown'].includes(observed.health.status);
    });
}

function isSilent(name: string, { seen }: ChoiceFacts): boolean {
  return seen.get(name)?.reachable !== true;
}

function fits(side: TakenSubject['side'], name: string, facts: ChoiceFacts): boolean {
  const observed = facts.seen.get(name);
  return observed?.reachable === true && isOf(side, name, observed, facts);
}

/** Whether it has, and runs, what this side of the comparison has. */
function isOf(side: TakenSubject['side'], name: string, observed: ReachableNode, facts: ChoiceFacts): boolean {
  const step = facts.switches.get(name);
  if (step === undefined) return side === 'canary' && hasWhatArrives(observed, facts);
  if (standingOf(observed, step) !== (side === 'canary' ? 'after' : 'before')) return false;
  return runsOneOf(observed, step, side);
}

/** The process may still be, or again be, another than what is installed. */
function runsOneOf({ health }: ReachableNode, step: PlanStep, side: TakenSubject['side']): boolean {
  const own = step[side === 'canary' ? 'after' : 'before'].packages ?? {};
  const other = step[side === 'canary' ? 'before' : 'after'].packages ?? {};
  const runs = (packages: NonNullable<PlanStep['after']['packages']>): boolean =>
    Object.values(packages).some(({ version }) => version === health.runningVersion);
  return health.runningVersion === null || runs(own) || !runs(other);
}

/** Where nothing arrives any more, whoever needs no switch has it. */
function hasWhatArrives(observed: ReachableNode, { switches }: ChoiceFacts): boolean {
  if (switches.size === 0) return true;
  for (const { after, before } of switches.values()) {
    const arriving = Object.entries(after.packages ?? {}).filter(
      ([name, { manifestHash }]) => before.packages?.[name]?.manifestHash !== manifestHash,
    );
    const has = ([name, { manifestHash }]: (typeof arriving)[number]): boolean =>
      Object.hasOwn(observed.packages, name) && observed.packages[name]!.manifestHash === manifestHash;
    if (arriving.length > 0 && arriving.every(has)) return true;
  }
  return false;
}

function ownStage({ switches, stage }: ChoiceFacts, name: string): boolean {
  return switches.get(name)?.stage === stage;
}

/** Those taken before, then the others in this order, up to the limit. */
function take(
  { seen, taken, dropped }: ChoiceFacts,
  side: TakenSubject['side'],
  names: readonly string[],
  limit = mostSubjects,
): TakenSubject[] {
  const kept = [...taken.values()].filter((one) => one.side === side && !dropped.has(one.node));
  const more = names
    .filter((name) => !taken.has(name) && !dropped.has(name))
    .map((node): TakenSubject => ({ node, side, role: roleOf(seen.get(node)) }));
  return [...kept, ...more].slice(0, limit);
}

/** Of one that is silent it is learned when it speaks. */
function roleOf(observed: ObservedNode | undefined): TakenSubject['role'] {
  return observed?.reachable === true ? observed.role : 'unknown';
}

/** Room for every role: a leader is not crowded out by followers. */
function evenRoles(list: readonly TakenSubject[], taken: ReadonlyMap<string, TakenSubject>): TakenSubject[] {
  const kept = list.filter(({ node }) => taken.has(node));
  const byRole = Map.groupBy(
    list.filter(({ node }) => !taken.has(node)),
    ({ role }) => role,
  );
  const queues = [...byRole].sort(([a], [b]) => compareText(a, b)).map(([, queue]) => [...queue]);
  const chosen = [...kept];
  while (chosen.length < mostSubjects && queues.some((queue) => queue.length > 0)) {
    for (const queue of queues) {
      const next = queue.shift();
      if (next !== undefined && chosen.length < mostSubjects) chosen.push(next);
    }
  }
  return chosen;
}

/** By these ranks, then by the one that spreads. */
function ordered(
  { rankOf }: ChoiceFacts,
  names: readonly string[],
  ranks: (name: string) => readonly number[],
): string[] {
  const keyed = names.map((name) => ({ name, ranks: ranks(name), last: rankOf(name) }));
  keyed.sort((a, b) => {
    const at = a.ranks.findIndex((value, index) => value !== b.ranks[index]);
    return at >= 0 ? a.ranks[at]! - b.ranks[at]! : compareText(a.last, b.last);
  });
  return keyed.map(({ name }) => name);
}
