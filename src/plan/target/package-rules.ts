/**
 * Dependencies and conflicts among the packages that are to run together, each broken rule one sentence that names
 * both sides; and the order in which one switch takes them. It checks what the lock chose, it does not choose.
 */
import type { SourceSpan } from '../../kernel/finding.ts';
import type { ReleaseManifest } from '../../model/release.ts';
import { cycleSentences, installOrder } from '../../resolve/install-order.ts';
import { conflictsWith, parseConflict, satisfies } from '../../resolve/version-match.ts';
import type { Notes } from '../findings/notes.ts';

/** Manifests by package name, sorted by name. */
export type TargetManifests = ReadonlyMap<string, ReleaseManifest>;

export function checkPackages(manifests: TargetManifests, notes: Notes): void {
  for (const [name, manifest] of manifests) {
    const address = `package/${name}`;
    for (const dependency of manifest.dependencies) {
      const other = manifests.get(dependency.package);
      const needs = `${name} ${manifest.version} needs ${dependency.package} ${dependency.versionConstraint}`;
      if (other === undefined && !dependency.optional) {
        const fix = 'Run `themis lock`, which pins what packages need, and commit themis.lock.yaml.';
        notes.note('dependencyMissing', { summary: `${needs}, which the lock does not pin for it.`, fix, address });
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

function checkConflict(manifest: ReleaseManifest, text: string, manifests: TargetManifests, notes: Notes): void {
  const conflict = parseConflict(text);
  const other = manifests.get(conflict.package);
  if (other === undefined || other === manifest || !conflictsWith(conflict, other.version)) return;
  notes.note('packagesConflict', {
    summary: `${manifest.package} ${manifest.version} cannot run beside ${other.package} ${other.version}: it excludes ${text}.`,
    fix: `Remove one of the two from the Fleet's packages, or choose other versions.`,
    address: `package/${manifest.package}`,
  });
}

/** What is needed comes first. Where packages need each other in a circle the finding names each edge, and names decide. */
export function dependencyOrder(
  manifests: TargetManifests,
  sources: ReadonlyMap<string, SourceSpan>,
  notes: Notes,
): readonly string[] {
  const result = installOrder(manifests);
  if ('order' in result) return result.order;
  const address = result.cycle.map(({ from }) => `package/${from.package}`).find((one) => sources.has(one));
  const sentence = cycleSentences(result.cycle, sources);
  notes.note('dependencyCycle', address === undefined ? sentence : { ...sentence, address });
  return [...manifests.keys()];
}
