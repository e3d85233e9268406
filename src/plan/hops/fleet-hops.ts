/**
 * The hops of a fleet: nodes that are on different releases go different ways, and each hop is carried out by all
 * nodes that take it before the next begins. Ways are laid beside each other from where they start: what leads to the
 * same releases is one hop, what leads to older ones comes first. A node that is past a hop has no part in it.
 */
import semver from 'semver';
import { compareText } from '../../kernel/finding.ts';
import type { RolloutProgress, StageProgress } from '../../model/rollout-record.ts';
import type { ChangeShape, HopVersions } from '../change/change-shape.ts';
import type { NodeWork } from '../change/node-work.ts';

export interface FleetHop {
  /** `themis-query 1.5.0, themisdb 1.4.2`: the key of its stages in the rollout record. */
  readonly leadsTo: string;
  /** Changes that belong to it; empty where only its last gate is left. */
  readonly shapes: ReadonlySet<ChangeShape>;
  readonly progress: readonly StageProgress[];
}

/** Those before the last, in order. `progress`: of a rollout to the same target, else null. */
export function fleetHops(works: readonly NodeWork[], progress: RolloutProgress | null): readonly FleetHop[] {
  const recorded = new Map(Object.entries(progress?.hops ?? {}));
  const hops = mergeWays(waysOf(works)).map(({ versions, shapes }): FleetHop => {
    const known = [...recorded.keys()].find((key) => leadsThere(key, versions));
    if (known === undefined) return { leadsTo: keyOf(versions), shapes, progress: [] };
    const stages = recorded.get(known)!;
    recorded.delete(known);
    return { leadsTo: known, shapes, progress: stages };
  });
  // A hop that every node has taken, but whose last gate has not opened: the next one waits for it all the same.
  const baking = [...recorded]
    .filter(([, stages]) => isBaking(stages))
    .sort(([a], [b]) => compareText(a, b))
    .map(([leadsTo, stages]): FleetHop => ({ leadsTo, shapes: new Set(), progress: stages }));
  return [...baking, ...hops];
}

function isBaking(stages: readonly StageProgress[]): boolean {
  return stages.findLast(({ completedAt }) => completedAt !== null)?.promotedAt === null;
}

/** `themis-query 1.5.0, themisdb 1.4.2`. */
export function keyOf(versions: HopVersions): string {
  const names = Object.keys(versions).sort(compareText);
  return names.map((name) => `${name} ${versions[name]!}`).join(', ');
}

/** Whether the key of a record names this hop: once some nodes have taken it, fewer packages may be left to change. */
function leadsThere(key: string, versions: HopVersions): boolean {
  let shared = false;
  for (const part of key.split(', ')) {
    const [name = '', version] = part.split(' ');
    if (versions[name] === undefined) continue;
    if (versions[name] !== version) return false;
    shared = true;
  }
  return shared;
}

/** What some nodes take in turn, the last hop left out. */
interface Way {
  readonly hops: readonly HopVersions[];
  readonly shapes: readonly Set<ChangeShape>[];
}

/** Each way once, however many nodes go it and from wherever. */
function waysOf(works: readonly NodeWork[]): readonly Way[] {
  const ways = new Map<string, Way>();
  const seen = new Set<ChangeShape>();
  for (const { change, inScope } of works) {
    if (change === undefined || !inScope || change.legs.length < 2) continue;
    const shapes = change.legs.slice(0, -1).map(({ shape }) => shape);
    if (seen.has(shapes[0]!)) continue;
    seen.add(shapes[0]!);
    const hops = shapes.map((shape) => shape.hop!);
    const key = hops.map(keyOf).join('; ');
    let way = ways.get(key);
    if (way === undefined) ways.set(key, (way = { hops, shapes: hops.map(() => new Set<ChangeShape>()) }));
    for (const [index, shape] of shapes.entries()) way.shapes[index]!.add(shape);
  }
  return [...ways].sort(([a], [b]) => compareText(a, b)).map(([, way]) => way);
}

interface Merged {
  readonly versions: HopVersions;
  readonly shapes: ReadonlySet<ChangeShape>;
}

function mergeWays(ways: readonly Way[]): readonly Merged[] {
  const at = new Map(ways.map((way) => [way, 0]));
  const merged: Merged[] = [];
  for (;;) {
    const open = ways.filter((way) => at.get(way)! < way.hops.length);
    if (open.length === 0) return merged;
    const next = (way: Way): HopVersions => way.hops[at.get(way)!]!;
    const first = open.filter((way) => !open.some((other) => isBefore(next(other), next(way))));
    const versions: Record<string, string> = {};
    const shapes = new Set<ChangeShape>();
    // Where each stands before another in some package none is first; their order then is that of their names.
    for (const way of first.length > 0 ? first : open.slice(0, 1)) {
      if (!agree(versions, next(way))) continue;
      Object.assign(versions, next(way));
      for (const shape of way.shapes[at.get(way)!]!) shapes.add(shape);
      at.set(way, at.get(way)! + 1);
    }
    merged.push({ versions, shapes });
  }
}

/** Older in some package, newer in none. */
function isBefore(a: HopVersions, b: HopVersions): boolean {
  let older = false;
  for (const name of Object.keys(a)) {
    if (b[name] === undefined) continue;
    const order = semver.compare(a[name]!, b[name]);
    if (order > 0) return false;
    if (order < 0) older = true;
  }
  return older;
}

function agree(a: HopVersions, b: HopVersions): boolean {
  return Object.keys(b).every((name) => a[name] === undefined || a[name] === b[name]);
}
