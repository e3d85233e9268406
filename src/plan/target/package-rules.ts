/**
 * Dependencies and conflicts among the packages that are to run together, each broken rule one sentence that names
 * both sides; and the order in which one switch takes them. It checks what the lock chose, it does not choose.
 */
import { topologicalOrder } from '../../kernel/graph.ts';
import type { ReleaseManifest } from '../../model/release.ts';
import type { Notes } from '../findings/notes.ts';
import { satisfies } from './lock-check.ts';

/** Manifests by package name, sorted by name. */
export type TargetManifests = ReadonlyMap<string, ReleaseManifest>;

export function checkPackages(manifests: TargetManifests, notes: Notes): void {
  for (const [name, manifest] of manifests) {
    const address = `package/${name}`;
    for (const dependency of manifest.dependencies) {
      const other = manifests.get(dependency.package);
      const needs = `${name} ${manifest.version} needs ${dependency.package} ${dependency.versionConstraint}`;
      if (other === undefined && !dependency.optional) {
        const fix = `Add ${dependency.package} to the Fleet's packages and run \`themis lock\`.`;
        notes.note('dependencyMissing', { summary: `${needs}, which the Fleet does not list.`, fix, address });
      } else if (other !== undefined && !satisfies(other.version, dependency.versionConstraint)) {
        const fix = `Choose versions of ${name} and ${dependency.package} that fit together.`;
        notes.note('dependencyNotSatisfied', {
          summary: `${needs}, but the lock pins ${other.version}.`,
          fix,
          address,
        });
      }
      for (const conflict of dependency.conflicts) checkConflict(manifest, conflict, manifests, notes);
    }
  }
}

/** A conflict is a package name, alone or with a range: `themis-query`, `themis-query <1.4`. */
function checkConflict(manifest: ReleaseManifest, conflict: string, manifests: TargetManifests, notes: Notes): void {
  const [, name = '', range = '*'] = /^(\S+?)(?:[@ ]\s*(.+))?$/u.exec(conflict.trim()) ?? [];
  const other = manifests.get(name);
  if (other === undefined || (range !== '*' && !satisfies(other.version, range))) return;
  notes.note('packagesConflict', {
    summary: `${manifest.package} ${manifest.version} cannot run beside ${other.package} ${other.version}: it excludes ${conflict}.`,
    fix: `Remove one of the two from the Fleet's packages, or choose other versions.`,
    address: `package/${manifest.package}`,
  });
}

/** What is needed comes first. Where packages need each other in a circle the finding names it, and names decide. */
export function dependencyOrder(manifests: TargetManifests, notes: Notes): readonly string[] {
  const needs = new Map(
    [...manifests].map(([name, manifest]) => [
      name,
      manifest.dependencies.map((dependency) => dependency.package).sort(),
    ]),
  );
  const result = topologicalOrder(needs);
  if ('order' in result) return result.order;
  notes.note('dependencyCycle', {
    summary: `Packages need each other in a circle: ${result.cycle.join(' → ')}.`,
    fix: 'Choose a release of one of them that does not need the next.',
  });
  return [...manifests.keys()];
}
