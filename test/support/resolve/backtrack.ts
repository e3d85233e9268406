/** The resolver one writes first: newest release first, and on a contradiction back to the decision before. */
import { conflictsWith, parseConflict, satisfies } from '../../../src/resolve/version-match.ts';
import type { ReleaseManifest } from '../../../src/model/release.ts';
import type { BenchUniverse } from './bench-universe.ts';

/** Whether it ended with an answer before the steps were used up. */
export function backtrack({ packages, releases }: BenchUniverse, maxSteps: number): boolean {
  const byName = Map.groupBy(releases.toReversed(), (release) => release.package);
  const chosen = new Map<string, ReleaseManifest>();
  let steps = 0;

  function settle(): boolean {
    const open = nextOpen();
    if (open === undefined) return true;
    for (const release of byName.get(open) ?? []) {
      steps += 1;
      if (steps > maxSteps) return false;
      const range = packages[open];
      if (range !== undefined && !satisfies(release.version, range)) continue;
      if (![...chosen.values()].every((other) => areContent(release, other))) continue;
      chosen.set(open, release);
      if (settle()) return true;
      chosen.delete(open);
    }
    return false;
  }

  function nextOpen(): string | undefined {
    const own = Object.keys(packages).find((name) => !chosen.has(name));
    if (own !== undefined) return own;
    const asked = [...chosen.values()].flatMap(({ dependencies }) => dependencies.filter((one) => !one.optional));
    return asked.map((one) => one.package).find((name) => !chosen.has(name));
  }

  settle();
  return steps <= maxSteps;
}

function areContent(a: ReleaseManifest, b: ReleaseManifest): boolean {
  return accepts(a, b) && accepts(b, a);
}

function accepts({ dependencies }: ReleaseManifest, other: ReleaseManifest): boolean {
  return dependencies.every(
    ({ package: name, versionConstraint, conflicts }) =>
      name !== other.package ||
      (satisfies(other.version, versionConstraint) &&
        !conflicts.some((text) => conflictsWith(parseConflict(text), other.version))),
  );
}
