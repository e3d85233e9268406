/**
 * What there is to say about a change before it is planned, in sentences: yanked or expired releases, a release that
 * does not admit the installed version, a data schema that moves, packages nobody manages. It knows no single node.
 */
import semver from 'semver';
import { compareText } from '../../kernel/finding.ts';
import type { InstalledPackage } from '../../model/observed.ts';
import { admits } from '../../resolve/minor-step.ts';
import { upgradePath } from '../../resolve/upgrade-path.ts';
import type { TargetPackage, TargetSet } from '../target/target-sets.ts';
import type { DiffContext, Remark } from './node-change.ts';
import type { NodeState } from './node-state.ts';

export function changeRemarks(
  set: TargetSet,
  before: NodeState,
  changing: readonly TargetPackage[],
  context: DiffContext,
): readonly Remark[] {
  const remarks: Remark[] = [];
  for (const [name, installed] of Object.entries(before.packages)) {
    const target = set.byName.get(name);
    if (target === undefined) remarks.push(unmanaged(name, installed));
    else if (!changing.includes(target) && context.targets.isYanked(installed.manifestHash))
      remarks.push(runsYanked(target));
  }
  for (const target of changing) {
    const from = before.packages[target.name];
    if (context.targets.isYanked(target.installed.manifestHash)) remarks.push(yanked(target));
    if (isExpired(target, context.at)) remarks.push(expired(target));
    if (from === undefined || semver.lt(target.installed.version, from.version)) continue;
    if (!admits(from.version, target.manifest)) remarks.push(notAdmitted(from, target, context));
    if (from.version === target.installed.version) remarks.push(otherManifest(target));
    if (from.dataSchemaVersion < target.installed.dataSchemaVersion) remarks.push(dataSchemaMoves(from, target));
  }
  return remarks.sort((a, b) => compareText(a.kind, b.kind) || compareText(a.key, b.key));
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
    key: target.name,
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
    key: target.name,
    refuses: false,
    say: (names) => ({
      summary: `${target.name} ${target.installed.version} expired at ${target.manifest.expiresAt}; ${names} will refuse it.`,
      fix: 'Choose a newer release and run `themis lock`.',
      address: `package/${target.name}`,
    }),
  };
}

function notAdmitted(from: InstalledPackage, target: TargetPackage, context: DiffContext): Remark {
  const to = target.installed.version;
  const path = upgradePath(
    context.targets.releasesOf(target.name),
    { version: from.version, minUpgradeFrom: null },
    target.manifest,
    context.maxMinorSkew,
  );
  return {
    kind: 'upgradeNotAdmitted',
    key: `${target.name} ${from.version}`,
    refuses: true,
    say: (names) => ({
      summary: `${target.name} ${to} upgrades from ${target.manifest.minUpgradeFrom} or later; ${from.version} is on ${names}.`,
      fix:
        path === undefined
          ? `Publish a release between ${from.version} and ${to} that admits it.`
          : `Take the path ${[from.version, ...path].join(' → ')}, one version at a time.`,
      address: `package/${target.name}`,
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
    key: `${target.name} ${from.version}`,
    refuses: false,
    say: (names) => ({
      summary: `${target.name} ${version} writes data schema ${dataSchemaVersion} where ${from.version} on ${names} writes ${from.dataSchemaVersion}.`,
      fix: `A restore point brings back files, not data: make sure that ${from.version} reads schema ${dataSchemaVersion}.`,
      address: `package/${target.name}`,
    }),
  };
}
