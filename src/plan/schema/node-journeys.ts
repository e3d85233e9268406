/**
 * What each node has at each point of a plan, and from that when a release begins to arrive and when every node of the
 * fleet has it. A node that nobody could ask has nothing for certain.
 */
import type { ReleaseRanges } from '../../model/desired.ts';
import type { Packages } from '../change/node-state.ts';
import type { NodeWork } from '../change/node-work.ts';
import type { HopSteps } from '../rollout/plan-steps.ts';
import { createReach } from './release-reach.ts';

export interface Journey {
  readonly work: NodeWork;
  /** undefined: unknown. */
  readonly start: Packages | undefined;
  /** What each hop that it takes in this plan puts on it, by index of the hop. */
  readonly after: readonly (readonly [hop: number, packages: Packages])[];
}

/** Of every node of the fleet, sorted by name. */
export function journeysOf(works: readonly NodeWork[], hops: readonly HopSteps[]): readonly Journey[] {
  const after = new Map<NodeWork, [number, Packages][]>();
  for (const [index, { placed }] of hops.entries()) {
    for (const { work, leg } of placed) {
      const known = after.get(work);
      if (known === undefined) after.set(work, [[index, leg.shape.after.packages]]);
      else known.push([index, leg.shape.after.packages]);
    }
  }
  return works.map((work) => ({
    work,
    start: work.observed?.reachable === true ? work.observed.packages : undefined,
    after: after.get(work) ?? [],
  }));
}

export interface Arrival {
  /** Index of the hop in which the first node gets it; null: none does. */
  readonly first: number | null;
  /** Some node that gets it runs another version until then. */
  readonly replaces: boolean;
  /** Nodes that have it before the plan begins, and keep it. */
  readonly already: readonly string[];
  /** Index of the hop after which every node has it, -1: before the plan begins. Only where nobody is behind. */
  readonly last: number;
  /** Nodes that do not have it at the end of the plan. */
  readonly behind: readonly Straggler[];
  /** Nodes that should have it in the end, by what the fleet wants. */
  readonly wanted: number;
}

export interface Straggler {
  readonly node: string;
  /** `could not be observed`. */
  readonly why: string;
}

export function arrivalOf(release: ReleaseRanges, journeys: readonly Journey[]): Arrival {
  const reaches = createReach(release);
  const behind: Straggler[] = [];
  const already: string[] = [];
  let first: number | null = null;
  let last = -1;
  let wanted = 0;
  let replaces = false;
  for (const { work, start, after } of journeys) {
    const { name } = work.node;
    const hadIt = start !== undefined && reaches(start);
    const gets = hadIt ? undefined : after.find(([, packages]) => reaches(packages))?.[0];
    const atEnd = after.at(-1)?.[1] ?? start;
    const hasAtEnd = atEnd !== undefined && reaches(atEnd);
    if (gets !== undefined) {
      first = Math.min(first ?? gets, gets);
      last = Math.max(last, gets);
      replaces ||= Object.keys(release).some((of) => start?.[of] !== undefined);
    }
    if (hadIt && hasAtEnd) already.push(name);
    if (!hasAtEnd) behind.push({ node: name, why: whyBehind(work) });
    const target = work.change?.legs.at(-1)?.shape.after.packages ?? start;
    if (gets !== undefined || hasAtEnd || (target !== undefined && reaches(target))) wanted += 1;
  }
  return { first, replaces, already, last, behind, wanted };
}

function whyBehind({ observed, inScope, change, refused }: NodeWork): string {
  if (observed?.reachable !== true) return 'could not be observed';
  if (change === undefined) return refused ? 'may not be changed' : 'has another version';
  return inScope ? 'gets another version' : 'is not part of this plan';
}

/** `node-c, which could not be observed`, `node-c, which ..., and 2 more`. */
export function describeStragglers(behind: readonly Straggler[]): string {
  const [first] = behind;
  if (first === undefined) return '';
  const more = behind.length > 1 ? `, and ${behind.length - 1} more` : '';
  return `${first.node}, which ${first.why}${more}`;
}
