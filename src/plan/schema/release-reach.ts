/** Which nodes have the release that a migration belongs to: its packages in its ranges, or beyond them. */
import semver from 'semver';
import type { ReleaseRanges } from '../../model/desired.ts';
import type { Packages } from '../change/node-state.ts';

export type Reach = (packages: Packages) => boolean;

/**
 * What has left a range upwards has come past it: `1.7.0` has reached `>=1.5.0 <1.6`. A candidate of a later version has
 * too, one of the range's first version has not. Answered once for all nodes that share their packages.
 */
export function createReach(release: ReleaseRanges): Reach {
  const ranges = Object.entries(release).map(([name, range]) => [name, new semver.Range(range, options)] as const);
  const known = new Map<Packages, boolean>();
  return (packages) => {
    let answer = known.get(packages);
    if (answer === undefined) {
      answer = ranges.every(([name, range]) => {
        const version = Object.hasOwn(packages, name) ? packages[name]!.version : undefined;
        return version !== undefined && (range.test(version) || semver.gtr(version, range, options));
      });
      known.set(packages, answer);
    }
    return answer;
  };
}

/** Who has some of it, but from before: an empty machine has nothing that reads or writes. */
export function createEarlier(release: ReleaseRanges): Reach {
  const reaches = createReach(release);
  const names = Object.keys(release);
  return (packages) => names.some((name) => Object.hasOwn(packages, name)) && !reaches(packages);
}

const options = { includePrerelease: true };

/** `themisdb >=1.5.0 and themis-query 2.x`. */
export function describeRelease(release: ReleaseRanges): string {
  return Object.entries(release)
    .map(([name, range]) => `${name} ${range}`)
    .sort()
    .join(' and ');
}
