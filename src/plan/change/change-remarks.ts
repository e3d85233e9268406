/**
 * What there is to say about a change before it is planned, in sentences: yanked or expired releases, a release that
 * does not admit the installed version, a data schema that moves, packages nobody manages. It knows no single node.
 */
import semver from 'semver';
import { compareText } from '../../kernel/finding.ts';
import type { InstalledPackage } from '../../model/observed.ts';
import type { TargetPackage, TargetSet } from '../target/target-sets.ts';
import type { DiffContext, Remark } from './node-change.ts';
import type { NodeState } from './node-state.ts';

/** Of what is installed and stays. */
export function presentRemarks(
  set: TargetSet,
  before: NodeState,
  changing: readonly TargetPackage[],
  context: DiffContext,
): readonly Remark[] {
  const remarks: Remark[] = [];
  for (const [name, installed] of Object.entries(before.packages)) {
    const target = set.byName.get(name);
    if (target === undefined) {
      if (!context.targets.isListed(name)) remarks.push(unmanaged(name, installed));
    } else if (!changing.includes(target) && context.targets.isYanked(installed.manifestHash))
      remarks.push(runsYanked(target));
  }
  return remarks.sort(compareRemarks);
}

/** Of what one switch puts on a node. */
export function arrivalRemarks(
  before: NodeState,
  changing: readonly TargetPackage[],
  context: DiffContext,
): readonly Remark[] {
  const remarks: Remark[] = [];
  for (const target of changing) {
    const from = before.packages[target.name];
    if (context.targets.isYanked(target.installed.manifestHash)) remarks.push(yanked(target));
    if (isExpired(target, context.at)) remarks.push(expired(target));
    if (from === undefined || semver.lt(target.installed.version, from.version)) continue;
    if (from.version === target.installed.version) remarks.push(otherManifest(target));
    if (from.dataSchemaVersion < target.installed.dataSchemaVersion) remarks.push(dataSchemaMoves(from, target));
  }
  return remarks.sort(compareRemarks);
}

function compareRemarks(a: Remark, b: Remark): number {
  return compareText(a.kind, b.kind) || compareText(a.key, b.key);
}

function isExpired({ manifest }: TargetPackage, at: string): boolean {
  return manifest.expiresAt !== null && Temporal.Instant.compare(manifest.expiresAt, at) <= 0;
}

function unmanaged(name: string, installed: InstalledPackage): Remark {
  return {
    kind: 'packageUnmanaged',
    key: `${name} ${installed.version}`,
    refuses: false,
    say: (names) => ({
      summary: `${name} ${installed.version} is installed on ${names}, but the Fleet does not list it; it is left alone.`,
    }),
  };
}

function runsYanked(target: TargetPackage): Remark {
  return {
    kind: 'runsYanked',
    key: target.name,
    refuses: false,
    say: (names) => ({
      summary: `${target.name} ${target.installed.version} was withdrawn and runs on ${names}.`,
      fix: 'Choose another version and run `themis lock`.',
      address: `package/${target.name}`,
    }),
  };
}

function yanked(target: TargetPackage): Remark {
  return {
    kind: 'releaseYanked',
    key: `${target.name} ${target.installed.version}`,
    refuses: true,
    say: (names) => ({
      summary: `${target.name} ${target.installed.version} was withdrawn; it is not put on ${names}.`,
      fix: 'Choose another version and run `themis lock`.',
      address: `package/${target.name}`,
    }),
  };
}

function expired(target: TargetPackage): Remark {
  return {
    kind: 'releaseExpired',
    key: `${target.name} ${target.installed.version}`,
    refuses: false,
    say: (names) => ({
      summary: `${target.name} ${target.installed.version} expired at ${target.manifest.expiresAt}; ${names} will refuse it.`,
      fix: 'Choose a newer release and run `themis lock`.',
      address: `package/${target.name}`,
    }),
  };
}

/** No releases lead from what is installed to what is wanted. */
export function noWay(
  changing: readonly TargetPackage[],
  before: NodeState,
  { because, fix }: { readonly because: string; readonly fix: string },
): Remark {
  const first = changing.find(({ name }) => before.packages[name] !== undefined);
  return {
    kind: 'upgradeNotAdmitted',
    key: `${before.key} ${because}`,
    refuses: true,
    say: (names) => ({
      summary: `No way leads ${names} to what the fleet wants: ${because}`,
      fix,
      ...(first === undefined ? {} : { address: `package/${first.name}` }),
    }),
  };
}

function otherManifest(target: TargetPackage): Remark {
  return {
    kind: 'sameVersionOtherManifest',
    key: target.name,
    refuses: false,
    say: (names) => ({
      summary: `${target.name} ${target.installed.version} on ${names} comes from another manifest than the lock pins.`,
      fix: 'Publish changed content under a new version.',
      address: `package/${target.name}`,
    }),
  };
}

function dataSchemaMoves(from: InstalledPackage, target: TargetPackage): Remark {
  const { version, dataSchemaVersion } = target.installed;
  return {
    kind: 'dataSchemaMoves',
    key: `${target.name} ${from.version} ${target.installed.version}`,
    refuses: false,
    say: (names) => ({
      summary: `${target.name} ${version} writes data schema ${dataSchemaVersion} where ${from.version} on ${names} writes ${from.dataSchemaVersion}.`,
      fix: `A restore point brings back files, not data: make sure that ${from.version} reads schema ${dataSchemaVersion}.`,
      address: `package/${target.name}`,
    }),
  };
}
