/**
 * Universes for the bench, the same for equal arguments. A large one is shaped like a package registry: layers, a few
 * packages that many need, ranges that mostly name a major; newest releases often do not fit each other, so that a
 * resolver must go back. A hard one is random 3-SAT: a package for each variable and clause.
 */
import type { ReleaseDependency, ReleaseManifest } from '../../../src/model/release.ts';
import type { Digest } from '../../../src/kernel/digest.ts';

export interface BenchUniverse {
  readonly packages: Readonly<Record<string, string>>;
  readonly releases: readonly ReleaseManifest[];
}

/** Mulberry32. */
function randomOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d_2b_79_f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

function manifest(name: string, version: string, dependencies: readonly ReleaseDependency[]): ReleaseManifest {
  return {
    schemaVersion: 1,
    product: 'bench',
    package: name,
    version,
    tagName: `v${version}`,
    releaseNotes: '',
    releaseDate: '2026-01-01T00:00:00Z',
    isCritical: false,
    counter: 1,
    expiresAt: null,
    platform: 'any',
    architecture: 'any',
    files: [],
    dependencies,
    minUpgradeFrom: null,
    dataSchemaVersion: 1,
    // Unique, which is all that resolving asks of it.
    manifestHash: `sha256:${name}-${version}` as Digest,
    build: { commit: null, date: null, compiler: null },
  };
}

const releasesOfMajor = 10;

/**
 * Releases 1.0.0 to 5.9.0. What a release of major m needs is of major m as well, or of one beside it; every release of
 * the highest major of a sixth of the packages excludes the highest major of a package that many need.
 */
export function layeredUniverse(count: number, versions: number, seed = 1): BenchUniverse {
  const random = randomOf(seed);
  const name = (index: number): string => `package-${String(index).padStart(5, '0')}`;
  const majors = Math.ceil(versions / releasesOfMajor);
  const releases: ReleaseManifest[] = [];
  const shared = Math.max(4, Math.floor(count / 25));
  for (let index = 0; index < count; index += 1) {
    const needs = new Set<number>();
    // Those at the end are what many need, and need little themselves.
    const wanted = index >= count - shared ? 1 : 3 + random(4);
    for (let at = 0; at < wanted && index < count - 1; at += 1) {
      const other = random(3) === 0 ? count - 1 - random(shared) : index + 1 + random(Math.min(60, count - index - 1));
      if (other > index) needs.add(other);
    }
    const excluding = random(6) === 0 ? count - 1 - random(shared) : index;
    const optional = new Set([...needs].filter(() => random(20) === 0));
    const written = new Map<number, string>();
    for (let version = 0; version < versions; version += 1) {
      const major = 1 + Math.floor(version / releasesOfMajor);
      const minor = version % releasesOfMajor;
      const dependencies = [...needs].map((other): ReleaseDependency => {
        // Ranges are rewritten with a new major, and now and then in between.
        if (minor === 0 || random(6) === 0) written.set(other, rangeBeside(major, minor, majors, random));
        const conflicts = other === excluding && major === majors ? [`${name(other)}@>=${majors}.5.0`] : [];
        const versionConstraint = written.get(other)!;
        return { package: name(other), versionConstraint, optional: optional.has(other), conflicts };
      });
      releases.push(manifest(name(index), `${major}.${minor}.0`, dependencies));
    }
  }
  const roots = Math.max(1, Math.floor(count / 20));
  const packages = Object.fromEntries(
    Array.from({ length: roots }, (_, at) => [name(at * 3), at % 5 === 0 ? `<${majors}` : '*']),
  );
  return { packages, releases };
}

function rangeBeside(major: number, minor: number, majors: number, random: (below: number) => number): string {
  const upper = Math.min(majors, major + 1);
  switch (random(8)) {
    case 0:
      return '*';
    case 1:
      return `^${major}.${Math.floor(minor / 2)}.0`;
    case 2:
    case 3:
      return `>=${Math.max(1, major - 1)}.0.0 <${upper}.${3 + random(6)}.0`;
    default:
      return `>=${Math.max(1, major - 1)}.${random(5)}.0 <=${upper}.${9 - random(3)}.0`;
  }
}

/**
 * Random 3-SAT: each variable a package of two releases, each clause a package of three, each of which needs the release
 * of a variable that makes it true. Near 4.26 clauses a variable it is hardest.
 */
export function threeSat(variables: number, ratio: number, seed: number): BenchUniverse {
  const random = randomOf(seed);
  const variable = (index: number): string => `v-${String(index).padStart(4, '0')}`;
  const releases: ReleaseManifest[] = [];
  for (let index = 0; index < variables; index += 1) {
    releases.push(manifest(variable(index), '1.0.0', []), manifest(variable(index), '2.0.0', []));
  }
  const clauses = Math.round(variables * ratio);
  const packages: Record<string, string> = {};
  for (let clause = 0; clause < clauses; clause += 1) {
    const name = `clause-${String(clause).padStart(5, '0')}`;
    packages[name] = '*';
    const picked = new Set<number>();
    while (picked.size < 3) picked.add(random(variables));
    for (const [at, index] of [...picked].entries()) {
      const literal = { package: variable(index), versionConstraint: `${1 + random(2)}.0.0` };
      releases.push(manifest(name, `${at + 1}.0.0`, [{ ...literal, optional: false, conflicts: [] }]));
    }
  }
  return { packages, releases };
}
