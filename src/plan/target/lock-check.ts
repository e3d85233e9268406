/**
 * Which lock pins a plan may use. Only what the lock pins ever runs, so a package without a usable pin is not planned,
 * and the finding says what the lock would hold. Pins beyond the Fleet's packages count only as their dependencies.
 */
import type { Desired, LockedPackage } from '../../model/desired.ts';
import type { Catalogue } from '../../model/release.ts';
import { compareText } from '../../kernel/finding.ts';
import { comparePins } from '../../resolve/pin.ts';
import { resolveLock } from '../../resolve/resolve-lock.ts';
import { satisfies } from '../../resolve/version-match.ts';
import type { Notes } from '../findings/notes.ts';

const fixLock = 'Run `themis lock` and commit themis.lock.yaml.';

/** Pins by package, of the packages that may be planned: sorted by name, each list sorted. */
export type UsablePins = ReadonlyMap<string, readonly LockedPackage[]>;

export function usablePins(desired: Desired, catalogue: Catalogue, notes: Notes): UsablePins {
  const wanted = Object.entries(desired.fleet.packages).sort(([a], [b]) => compareText(a, b));
  if (desired.lock === undefined) {
    if (wanted.length === 0) return new Map();
    const would = wanted.map(([name]) => wouldHold(desired, catalogue, name)).join(', ');
    notes.note('lockMissing', {
      summary: `There is no themis.lock.yaml. It would hold ${would}.`,
      fix: fixLock,
      address: 'fleet',
    });
    return new Map();
  }
  const pinned = Map.groupBy([...desired.lock.packages].sort(comparePins), (pin) => pin.package);
  const usable = new Map<string, readonly LockedPackage[]>();
  for (const [name, range] of wanted) {
    const pins = pinned.get(name);
    const address = `package/${name}`;
    if (pins === undefined) {
      const would = wouldHold(desired, catalogue, name);
      notes.note('packageNotLocked', {
        summary: `The lock does not pin ${name}. It would hold ${would}.`,
        fix: fixLock,
        address,
      });
      continue;
    }
    const wrong = pins.find((pin) => !satisfies(pin.version, range));
    if (wrong === undefined) usable.set(name, pins);
    else {
      const summary = `The lock pins ${name} ${wrong.version}, which ${range} does not admit. It would hold ${wouldHold(desired, catalogue, name)}.`;
      notes.note('lockDoesNotSatisfy', { summary, fix: fixLock, address });
    }
  }
  addDependencies(usable, pinned, catalogue);
  for (const name of [...pinned.keys()].sort(compareText)) {
    if (usable.has(name) || Object.hasOwn(desired.fleet.packages, name)) continue;
    notes.note('lockHoldsMore', {
      summary: `The lock pins ${name}, which neither the Fleet lists nor any of its packages needs; it is left alone.`,
      fix: fixLock,
    });
  }
  return new Map([...usable].sort(([a], [b]) => compareText(a, b)));
}

function addDependencies(
  usable: Map<string, readonly LockedPackage[]>,
  pinned: ReadonlyMap<string, readonly LockedPackage[]>,
  catalogue: Catalogue,
): void {
  const manifests = new Map(catalogue.releases.map((release) => [release.manifestHash, release]));
  // The map grows while it is walked: a dependency's own dependencies are looked at in turn.
  for (const pins of usable.values()) {
    for (const pin of pins) {
      for (const dependency of manifests.get(pin.manifestHash)?.dependencies ?? []) {
        const more = pinned.get(dependency.package);
        if (!dependency.optional && more !== undefined && !usable.has(dependency.package)) {
          usable.set(dependency.package, more);
        }
      }
    }
  }
}

/** As `themis lock` would pin it. */
function wouldHold(desired: Desired, catalogue: Catalogue, name: string): string {
  const { lock } = resolveLock(desired, catalogue, { pins: desired.lock?.packages ?? [] });
  const versions = new Set(lock.packages.filter((pin) => pin.package === name).map((pin) => pin.version));
  if (versions.size > 0) return `${name} ${[...versions].join(' and ')}`;
  return `nothing for ${name} ${desired.fleet.packages[name]!}: no release satisfies it`;
}
