/**
 * The queries that releases list in their manifests, as a migration has to respect them: those of what nodes run until
 * contract begins, those of what they get from the end of expand on. A release that needs a later migration of the same
 * database as well is tried with that one: after this one alone its queries need not work yet. Of manifests only those
 * count whose hash the lock pins or a node reports, which has verified it. Pure.
 */
import type { Digest } from '../../kernel/digest.ts';
import { compareText } from '../../kernel/finding.ts';
import type { DesiredMigration } from '../../model/desired.ts';
import type { Catalogue, ReleaseManifest, ReleaseProbe } from '../../model/release.ts';
import type { Packages } from '../change/node-state.ts';
import { listNames } from '../findings/notes.ts';
import { createReach } from './release-reach.ts';

/** What the nodes of a fleet have while a migration is carried out, each state once. */
export interface ReleasesAround {
  /** When it begins. */
  readonly running: readonly Packages[];
  /** What they get before it ends. */
  readonly coming: readonly Packages[];
  /** Nodes of which nobody knows what they run. */
  readonly unseen: readonly string[];
}

export interface SentProbe {
  /** `orders-of-user of themisdb 1.4.0 and 1.5.0`. */
  readonly name: string;
  readonly sql: string;
  readonly running: boolean;
  readonly next: boolean;
  /** Signed, so that nobody can correct it. */
  readonly isOfRelease: true;
}

export interface ReleaseProbes {
  readonly probes: readonly SentProbe[];
  /** Of releases that need a later migration too. */
  readonly later: readonly SentProbe[];
  /** Whose queries nobody has: `themisdb 1.4.0`, `whatever runs on node-c`. */
  readonly unknown: readonly string[];
  /** Probes of releases in whose place the Migration has one of the same name. */
  readonly replaced: readonly string[];
}

export type ManifestOf = (hash: Digest) => Pick<ReleaseManifest, 'probes'> | undefined;

export function manifestsOf({ releases }: Catalogue): ManifestOf {
  const byHash = new Map(releases.map((release) => [release.manifestHash, release]));
  return (hash) => byHash.get(hash);
}

/** `migrations`: of the fleet; those of the same database with a higher schema version are not expanded yet. */
export function releaseProbesOf(
  migration: DesiredMigration,
  migrations: readonly DesiredMigration[],
  { running, coming, unseen }: ReleasesAround,
  manifestOf: ManifestOf,
): ReleaseProbes {
  const { database, schemaVersion, release } = migration;
  const own = release === null ? null : createReach(release);
  const further = migrations.flatMap((one) =>
    one.database === database && one.schemaVersion > schemaVersion && one.release !== null
      ? [createReach(one.release)]
      : [],
  );
  const found = new Found(migration, manifestOf);
  for (const packages of running) {
    // What waits for no release goes on beneath everything that runs.
    if (own === null) found.add(packages, { running: true, next: true, later: false });
    else if (!own(packages)) found.add(packages, { running: true, next: false, later: false });
    else found.add(packages, { running: false, next: true, later: further.some((reaches) => reaches(packages)) });
  }
  for (const packages of coming) {
    const isNext = own === null || own(packages);
    const later = isNext && further.some((reaches) => reaches(packages));
    found.add(packages, { running: !isNext, next: isNext, later });
  }
  return found.result(unseen);
}

interface Place {
  readonly running: boolean;
  readonly next: boolean;
  readonly later: boolean;
}

interface Merged extends ReleaseProbe {
  running: boolean;
  next: boolean;
  /** By package. */
  readonly versions: Map<string, Set<string>>;
}

/** One entry for each query, whoever sends it. */
class Found {
  readonly #migration: DesiredMigration;
  readonly #manifestOf: ManifestOf;
  readonly #now = new Map<string, Merged>();
  readonly #later = new Map<string, Merged>();
  readonly #unknown = new Set<string>();
  readonly #replaced = new Set<string>();

  constructor(migration: DesiredMigration, manifestOf: ManifestOf) {
    this.#migration = migration;
    this.#manifestOf = manifestOf;
  }

  add(packages: Packages, place: Place): void {
    for (const [name, { version, manifestHash }] of Object.entries(packages)) {
      const manifest = this.#manifestOf(manifestHash);
      if (manifest === undefined) this.#unknown.add(`${name} ${version}`);
      for (const probe of manifest?.probes ?? []) {
        if (probe.database === this.#migration.database) this.#merge(probe, name, version, place);
      }
    }
  }

  #merge(probe: ReleaseProbe, name: string, version: string, place: Place): void {
    if (this.#migration.probes.some((own) => own.name === probe.name)) {
      this.#replaced.add(`${probe.name} of ${name} ${version}`);
      return;
    }
    const all = place.later ? this.#later : this.#now;
    const key = JSON.stringify([probe.name, probe.sql]);
    let merged = all.get(key);
    if (merged === undefined) all.set(key, (merged = { ...probe, running: false, next: false, versions: new Map() }));
    merged.running ||= place.running;
    merged.next ||= place.next;
    const versions = merged.versions.get(name);
    if (versions === undefined) merged.versions.set(name, new Set([version]));
    else versions.add(version);
  }

  result(unseen: readonly string[]): ReleaseProbes {
    const unknown = [...this.#unknown].sort(compareText);
    return {
      probes: sent(this.#now),
      later: sent(this.#later),
      unknown:
        unseen.length === 0 ? unknown : [...unknown, `whatever runs on ${listNames(unseen.toSorted(compareText))}`],
      replaced: [...this.#replaced].sort(compareText),
    };
  }
}

function sent(all: ReadonlyMap<string, Merged>): readonly SentProbe[] {
  return [...all.values()]
    .map(({ name, sql, running, next, versions }): SentProbe => {
      const senders = [...versions].sort(([a], [b]) => compareText(a, b));
      const releases = senders.map(([of, numbers]) => `${of} ${listNames([...numbers].sort(compareText))}`);
      return { name: `${name} of ${listNames(releases)}`, sql, running, next, isOfRelease: true };
    })
    .sort((a, b) => compareText(a.name, b.name));
}
