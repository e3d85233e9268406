/**
 * What is judged at the gate after a stage. A gate that compares needs old nodes of the same role beside the new ones;
 * where none can exist (only leaders are left, or nobody) the plan says so beforehand, and only the gate's own limits
 * count. A gate that has none left to decide by is not planned there at all.
 */
import type { StageGates } from '../../actions/instruction.ts';
import { formatDuration } from '../../kernel/units/duration.ts';
import { queryReachMs } from '../../kernel/units/query-reach.ts';
import type { DesiredGate, DesiredStage } from '../../model/desired.ts';
import type { NodeWork } from '../change/node-work.ts';
import { listNames, type Notes } from '../findings/notes.ts';
import type { PlacedChange } from './placement.ts';

/** A comparison of fewer new nodes says nothing about the release. */
const fewestCanaries = 2;
/** How much longer than the bake evidence may take, at least. */
const extraMs = 300_000;

/** New nodes at the gate after a stage, and what they can be compared with. */
export interface StageSubjects {
  readonly canaries: number;
  readonly comparable: boolean;
}

/** The wall time after which missing evidence counts as such. An own query says nothing of the stage while it looks back beyond it. */
function bakeLimitMs({ bakeMs, bakeLimitMs: limit }: DesiredStage, gates: readonly DesiredGate[]): number {
  if (limit !== undefined) return Math.max(limit, bakeMs);
  const reachMs = Math.max(0, ...gates.map(({ query }) => (query === null ? 0 : queryReachMs(query))));
  return Math.max(2 * bakeMs, bakeMs + extraMs) + reachMs;
}

/** Undefined where nothing is left that could be judged. `asked`: a person decides there as well. */
export function stageGates(
  stage: DesiredStage,
  gates: readonly DesiredGate[],
  { comparable }: StageSubjects,
  asked: boolean,
): StageGates | undefined {
  const judged = gates.filter((gate) => comparable || hasLimit(gate));
  if (judged.length === 0) return undefined;
  return {
    gates: judged,
    notCompared: comparable ? [] : judged.filter(compares).map(({ name }) => name),
    bakeLimitMs: bakeLimitMs(stage, judged),
    onInsufficient: stage.onInsufficient,
    // Where nobody is asked the gates decide alone.
    mustPass: !asked || stage.promotion === 'both',
  };
}

/**
 * By stage, index 0 is stage 1. `arrives`: whether a node that needs nothing runs what arrives in this hop. Who leads
 * is taken as the plan assumes it, since it may move before the plan is carried out.
 */
export function stageSubjects(
  placed: readonly PlacedChange[],
  works: readonly NodeWork[],
  stageOf: ReadonlyMap<string, number>,
  stages: number,
  arrives: (work: NodeWork) => boolean,
): readonly StageSubjects[] {
  const tally = { leaders: emptyCounts(stages), followers: emptyCounts(stages) };
  for (const { stage, leads, leg } of placed) {
    if (leg.shape.kind !== 'node-repair') tally[leads ? 'leaders' : 'followers'][stage - 1]! += 1;
  }
  const settled = emptyCounts(stages);
  for (const work of works) {
    const stage = stageOf.get(work.node.name);
    if (stage !== undefined && arrives(work)) settled[stage - 1]! += 1;
  }
  const left = { leaders: sum(tally.leaders), followers: sum(tally.followers) };
  const taken = { leaders: 0, followers: 0, settled: 0 };
  return settled.map((count, index) => {
    taken.settled += count;
    for (const role of ['leaders', 'followers'] as const) {
      taken[role] += tally[role][index]!;
      left[role] -= tally[role][index]!;
    }
    // What was settled before is a follower until it is known better: leaders go last.
    const followers = taken.followers + taken.settled;
    const matched = (left.leaders > 0 ? taken.leaders : 0) + (left.followers > 0 ? followers : 0);
    return matched > 0
      ? { canaries: matched, comparable: true }
      : { canaries: taken.leaders + followers, comparable: false };
  });
}

/** Where a gate stands: `hop` is empty in a rollout of one hop. */
export interface GatePlace {
  readonly number: number;
  readonly stage: DesiredStage;
  readonly asked: boolean;
  readonly hop: string;
}

export function noteGates(
  { number, stage, asked, hop }: GatePlace,
  gates: readonly DesiredGate[],
  { canaries, comparable }: StageSubjects,
  notes: Notes,
): void {
  const comparing = gates.filter(compares);
  if (comparing.length === 0) return;
  const address = `stage/${number}`;
  const where = (hops: string): string => (hops === '' ? `stage ${number}` : `stage ${number} (${hops})`);
  if (!comparable) {
    const what = judgedAlone(comparing);
    notes.gather('gateNotCompared', `${number} ${what}`, hop, (hops) => ({
      summary: `After ${where(hops)} no old node of the same role is left to compare with: ${what}.`,
      address,
    }));
  } else if (canaries < fewestCanaries) {
    const names = listNames(comparing.map(({ name }) => name));
    const needs = comparing.length === 1 ? 'needs two to compare and' : 'need two to compare and';
    const then = `${formatDuration(bakeLimitMs(stage, gates))} the stage will ${whenInsufficient(stage, asked)}`;
    notes.gather('gateTooFewNodes', `${number} ${asked}`, hop, (hops) => ({
      summary: `In ${where(hops)} there is ${canaries === 1 ? 'one new node' : 'no new node'}; ${names} ${needs} will be insufficient: after ${then}.`,
      fix: `Set \`atLeast: ${fewestCanaries}\` on the stage, or give the gate a limit instead of a comparison.`,
      address,
    }));
  }
}

/** Gates that compare, where nothing is left to compare with. */
function judgedAlone(comparing: readonly DesiredGate[]): string {
  const names = (list: readonly DesiredGate[]): string => listNames(list.map(({ name }) => name));
  const [limited, empty] = [comparing.filter(hasLimit), comparing.filter((gate) => !hasLimit(gate))];
  return [
    ...(limited.length === 0
      ? []
      : [`${names(limited)} ${limited.length === 1 ? 'is' : 'are'} judged by limits alone`]),
    ...(empty.length === 0 ? [] : [`${names(empty)} ${empty.length === 1 ? 'is' : 'are'} left out`]),
  ].join(', ');
}

function whenInsufficient({ onInsufficient, promotion }: DesiredStage, asked: boolean): string {
  if (asked && promotion === 'approval') return 'go on once it is approved';
  return { pause: 'pause', rollback: 'be rolled back', promote: 'be promoted all the same' }[onInsufficient];
}

function compares({ worseBy }: DesiredGate): boolean {
  return worseBy !== null;
}

function hasLimit({ max, min }: DesiredGate): boolean {
  return max !== null || min !== null;
}

function emptyCounts(length: number): number[] {
  return Array.from({ length }, () => 0);
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}
