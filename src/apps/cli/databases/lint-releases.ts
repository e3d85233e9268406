/**
 * Which releases a migration has to suit, for lint: what nodes run comes from an observation where there is one. Without
 * one they are taken to run what the lock pins, or what came just before that where the lock has the migration's release.
 */
import { compare, lt } from 'semver';
import type { Finding } from '../../../kernel/finding.ts';
import type { Desired, DesiredMigration, LockedPackage } from '../../../model/desired.ts';
import type { Observed } from '../../../model/observed.ts';
import type { Catalogue, ReleaseManifest } from '../../../model/release.ts';
import type { Packages } from '../../../plan/change/node-state.ts';
import { listNames } from '../../../plan/findings/notes.ts';
import { createReach } from '../../../plan/schema/release-reach.ts';
import {
  manifestsOf,
  releaseProbesOf,
  type ReleaseProbes,
  type ReleasesAround,
} from '../../../plan/schema/release-probes.ts';

export interface LintReleases {
  probesOf(migration: DesiredMigration): ReleaseProbes;
  /** About all migrations. */
  readonly findings: readonly Finding[];
}

/** Where no manifest could be read. */
export function unreadReleases(why: string): LintReleases {
  const summary = `No migration was checked against the queries of releases: ${why}`;
  const fix = 'Make the releases of the Fleet readable from here, or give a file of `themis observe` with --observed.';
  return {
    probesOf: () => ({ probes: [], later: [], unknown: [], replaced: [] }),
    findings: [{ severity: 'info', code: 'THM7250', summary, fix }],
  };
}

export function lintReleases(desired: Desired, catalogue: Catalogue, observed: Observed | undefined): LintReleases {
  const manifestOf = manifestsOf(catalogue);
  const pinned = pinnedStates(desired.lock?.packages ?? []);
  const around = observed === undefined ? assumed(catalogue, pinned) : seen(observed, pinned);
  return {
    probesOf: (migration) => releaseProbesOf(migration, desired.migrations, around(migration), manifestOf),
    findings: [
      ...(observed === undefined && catalogue.releases.some(({ probes = [] }) => probes.length > 0) ? [guess] : []),
      ...unknownDatabases(desired, catalogue, pinned),
    ],
  };
}

/** What the lock pins; what went before is not to be helped any more. */
function* unknownDatabases(
  { databases }: Desired,
  { releases }: Catalogue,
  pinned: readonly Packages[],
): Generator<Finding> {
  const names = new Set(databases.map(({ name }) => name));
  const hashes = new Set(pinned.flatMap((packages) => Object.values(packages).map(({ manifestHash }) => manifestHash)));
  for (const { package: of, version, probes = [], manifestHash } of releases) {
    if (!hashes.has(manifestHash)) continue;
    const missing = [...new Set(probes.map(({ database }) => database))].filter((name) => !names.has(name));
    if (missing.length === 0) continue;
    yield {
      severity: 'warning',
      code: 'THM7254',
      summary: `${of} ${version} lists queries of Database ${listNames(missing)}, which the fleet does not have: they are not tried.`,
      fix: 'Call the Database as the release does, or build the release with its name.',
    };
  }
}

type Around = (migration: DesiredMigration) => ReleasesAround;

const guess: Finding = {
  severity: 'info',
  code: 'THM7251',
  summary: 'No node was asked what it runs: taken for it is what the lock pins, or the newest release before that.',
  fix: 'Give a file of `themis observe` with --observed.',
};

function seen({ nodes }: Observed, coming: readonly Packages[]): Around {
  const running = nodes.flatMap((node) => (node.reachable ? [node.packages] : []));
  const unseen = nodes.filter((node) => !node.reachable).map(({ name }) => name);
  return () => ({ running, coming, unseen });
}

function assumed(catalogue: Catalogue, pinned: readonly Packages[]): Around {
  const before = pinned.map((packages) => stateBefore(packages, catalogue));
  return ({ release }) => {
    const reaches = release === null ? () => false : createReach(release);
    return pinned.some((packages) => reaches(packages))
      ? { running: before, coming: pinned, unseen: [] }
      : { running: pinned, coming: [], unseen: [] };
  };
}

/** What the lock gives to each platform that it names. */
function pinnedStates(pins: readonly LockedPackage[]): readonly Packages[] {
  const platforms = Map.groupBy(pins, ({ platform, architecture }) => `${platform}/${architecture}`);
  return [...platforms.values()].map((own) => {
    const [{ platform, architecture }] = own as [LockedPackage];
    const fitting = pins.filter(
      (pin) =>
        (pin.platform === 'any' || pin.platform === platform) &&
        (pin.architecture === 'any' || pin.architecture === architecture),
    );
    return Object.fromEntries(
      fitting.map(({ package: name, version, manifestHash }) => [
        name,
        { version, manifestHash, dataSchemaVersion: 0 },
      ]),
    );
  });
}

function stateBefore(pinned: Packages, { releases, yanked }: Catalogue): Packages {
  const before = Object.entries(pinned).flatMap(([name, { version }]) => {
    const earlier = releases.filter(
      (one) => one.package === name && lt(one.version, version) && !yanked.includes(one.manifestHash),
    );
    const newest = earlier.toSorted((a, b) => compare(b.version, a.version))[0];
    return newest === undefined ? [] : [[name, installed(newest)] as const];
  });
  return Object.fromEntries(before);
}

function installed({ version, manifestHash, dataSchemaVersion }: ReleaseManifest): Packages[string] {
  return { version, manifestHash, dataSchemaVersion };
}

/** What is to be said of one migration besides what rules find. */
export function* releaseFindings(
  { name }: DesiredMigration,
  { unknown, replaced }: ReleaseProbes,
): Generator<Omit<Finding, 'source'>> {
  if (unknown.length > 0) {
    yield {
      severity: 'info',
      code: 'THM7252',
      summary: `Migration ${name} is not checked against the queries of ${listNames(unknown)}: the manifest is not at hand.`,
      fix: 'Keep what nodes run in the index of releases, or list its queries under probes.',
    };
  }
  if (replaced.length > 0) {
    yield {
      severity: 'info',
      code: 'THM7253',
      summary: `Probes that migration ${name} lists take the place of ${listNames(replaced)}.`,
      fix: 'Give them other names where both are meant.',
    };
  }
}
