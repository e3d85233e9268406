/**
 * One switch of a node, as all nodes that switch alike share it: from which packages to which, what is put on it in
 * dependency order, why. A node that goes through other releases has one for each hop.
 */
import semver from 'semver';
import { digestJson, shortDigest } from '../../kernel/digest.ts';
import type { FileDrift } from '../../model/observed.ts';
import type { NodeStepKind, Transition } from '../../model/plan.ts';
import type { TargetPackage, TargetSet } from '../target/target-sets.ts';
import type { DiffContext } from './node-change.ts';
import type { NodeState } from './node-state.ts';

/** Package to version: what one hop puts on nodes. */
export type HopVersions = Readonly<Record<string, string>>;

export interface ChangeShape {
  readonly kind: NodeStepKind;
  readonly before: NodeState;
  readonly after: NodeState;
  /** In dependency order; empty for a repair. */
  readonly transitions: readonly string[];
  /** Packages to switch, in dependency order: those that change and those that drifted. */
  readonly packages: readonly string[];
  readonly reason: string;
  /** First hex digits of the digest over all that the change is. */
  readonly digest: string;
  readonly bytes: number;
  /** A release that arrives, or that this switch is on the way to, is critical. */
  readonly critical: boolean;
  /** Absent where the switch leads to the target. */
  readonly hop?: HopVersions;
}

/** A switch while it is worked out. */
export interface Leg {
  readonly before: NodeState;
  /** In dependency order. */
  readonly changing: readonly TargetPackage[];
  readonly repaired: readonly TargetPackage[];
  /** Both, in dependency order. */
  readonly switched: readonly TargetPackage[];
  readonly drift: readonly FileDrift[];
  readonly critical: boolean;
  /** What is on the node before the first hop. */
  readonly start: NodeState;
  /** Undefined on the last; what the packages are to become in the end. */
  readonly towards: TargetSet | undefined;
}

export function changeShape(leg: Leg, context: DiffContext): ChangeShape {
  const { before, changing, repaired, switched, drift, critical, towards } = leg;
  const packages = { ...before.packages };
  for (const target of changing) packages[target.name] = target.installed;
  const after = context.states.of(packages);
  const transitions = changing.map((target) => transitionOf(target, before, context));
  const kind = kindOf(changing, before);
  const names = switched.map(({ name }) => name);
  return {
    kind,
    before,
    after,
    transitions: transitions.map(({ id }) => id),
    packages: names,
    reason: reasonOf(leg, kind),
    digest: shortDigest(digestJson([kind, before.packages, after.packages, names])),
    bytes: transitions.reduce((sum, { files }) => sum + files.bytes, 0) + driftBytes(repaired, drift),
    critical,
    ...(towards === undefined
      ? {}
      : { hop: Object.fromEntries(changing.map(({ name, installed }) => [name, installed.version])) }),
  };
}

function transitionOf(target: TargetPackage, before: NodeState, context: DiffContext): Transition {
  const from = before.packages[target.name];
  const fromManifest = from === undefined ? undefined : context.targets.manifestOf(from.manifestHash);
  return context.transitions.between(target.name, from, fromManifest, target.installed, target.manifest);
}

export function kindOf(changing: readonly TargetPackage[], before: NodeState): ChangeShape['kind'] {
  if (changing.length === 0) return 'node-repair';
  const older = (target: TargetPackage): boolean => {
    const from = before.packages[target.name];
    return from !== undefined && semver.lt(target.installed.version, from.version);
  };
  if (changing.some(older)) return 'node-rollback';
  return changing.every((target) => before.packages[target.name] === undefined) ? 'node-install' : 'node-update';
}

/** More packages than these are counted, not told one by one: the transitions name them. */
const shownReasons = 4;

function reasonOf(leg: Leg, kind: ChangeShape['kind']): string {
  const shown = leg.changing.length > shownReasons + 1 ? shownReasons : leg.changing.length;
  const changes = leg.changing.slice(0, shown).map((target) => changeReason(target, leg, kind));
  if (shown < leg.changing.length) changes.push(`${leg.changing.length - shown} more packages change with it`);
  const repairs = leg.repaired.map((target) => {
    const count = leg.drift.filter((file) => file.package === target.name).length;
    return `${count} ${count === 1 ? 'file' : 'files'} of ${target.name} ${count === 1 ? 'is' : 'are'} not what ${target.installed.version} says`;
  });
  return [...changes, ...repairs].join('; ');
}

function changeReason(target: TargetPackage, { before, start, towards }: Leg, kind: ChangeShape['kind']): string {
  const { name, installed } = target;
  const { version } = installed;
  const from = before.packages[name];
  const wanted = towards?.byName.get(name)?.installed.version;
  const moved = from?.manifestHash !== start.packages[name]?.manifestHash;
  const here = moved ? 'came with the hop before' : 'is installed';
  if (wanted !== undefined && wanted !== version) {
    if (from === undefined) return `${name} is not installed, the way to ${wanted} leads through ${version}`;
    return `${name} ${from.version} ${here}, the way to ${wanted} leads through ${version}`;
  }
  const wants = target.neededBy === undefined ? 'the fleet wants' : `${target.neededBy} needs`;
  if (from === undefined) return `${name} is not installed, ${wants} ${version}`;
  if (from.version === version) return `${name} ${version} is installed from another manifest than the lock pins`;
  return `${name} ${from.version} ${here}, ${wants} ${kind === 'node-rollback' ? 'back ' : ''}${version}`;
}

function driftBytes(repaired: readonly TargetPackage[], drift: readonly FileDrift[]): number {
  let bytes = 0;
  for (const target of repaired) {
    const paths = new Set(drift.filter((file) => file.package === target.name).map((file) => file.path));
    for (const file of target.manifest.files) if (paths.has(file.path)) bytes += file.sizeBytes;
  }
  return bytes;
}
