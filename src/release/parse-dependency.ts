import { ThemisError } from '../kernel/error.ts';
import { compareText } from '../kernel/finding.ts';
import { isPackageName, isVersionConstraint } from '../model/release-format/shapes.ts';
import type { ReleaseDependency } from '../model/release.ts';

/**
 * Dependencies as they are typed: `query@>=1.4 <2`, `query?` (optional), and conflicts as `legacy` or `legacy@<3`.
 * A conflict belongs to the dependency on the same package; without one it becomes an optional dependency on any version
 * that conflicts with itself, which is how the format says "not beside this". Sorted by package. Throws USAGE.
 */
export function parseDependencies(depends: readonly string[], conflicts: readonly string[]): ReleaseDependency[] {
  const byPackage = new Map<string, ReleaseDependency>();
  for (const text of depends) {
    const dependency = parseDependency(text);
    if (byPackage.has(dependency.package))
      throw new ThemisError('USAGE', `Dependency ${dependency.package} is given twice.`);
    byPackage.set(dependency.package, dependency);
  }
  for (const text of conflicts) {
    const { name, range } = split(text, 'conflict');
    const known = byPackage.get(name) ?? { package: name, versionConstraint: '*', optional: true, conflicts: [] };
    byPackage.set(name, {
      ...known,
      conflicts: [...known.conflicts, range === undefined ? name : `${name}@${range}`].sort(compareText),
    });
  }
  return [...byPackage.values()].sort((a, b) => compareText(a.package, b.package));
}

function parseDependency(text: string): ReleaseDependency {
  const at = text.indexOf('@');
  const head = at === -1 ? text : text.slice(0, at);
  const optional = head.endsWith('?');
  const { name, range } = split(optional ? head.slice(0, -1) + (at === -1 ? '' : text.slice(at)) : text, 'dependency');
  return { package: name, versionConstraint: range ?? '*', optional, conflicts: [] };
}

function split(text: string, what: string): { name: string; range: string | undefined } {
  const at = text.indexOf('@');
  const name = (at === -1 ? text : text.slice(0, at)).trim();
  const range = at === -1 ? undefined : text.slice(at + 1).trim();
  if (!isPackageName(name) || (range !== undefined && !isVersionConstraint(range))) {
    throw new ThemisError('USAGE', `"${text}" is not a ${what}.`, {
      hint: 'Write a package name and a SemVer range: themis-query@>=1.4 <2.',
    });
  }
  return { name, range };
}
