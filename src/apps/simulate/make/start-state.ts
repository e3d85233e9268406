/** What simulated nodes have installed before the rollout: of a snapshot, or the releases before those of the lock. */
import { compare, lt } from 'semver';
import type { SimulatedState } from '../../../adapters/transport/simulated/node.ts';
import { ThemisError } from '../../../kernel/error.ts';
import type { Desired } from '../../../model/desired.ts';
import type { InstalledPackage, ObservedNode } from '../../../model/observed.ts';
import type { Catalogue, ReleaseManifest } from '../../../model/release.ts';

/** All simulated nodes are of this platform. */
const platform = 'linux';
const architecture = 'x64';

/** `from`: `1.4.0`, or `PACKAGE=VERSION` for one of several packages. Throws USAGE for a version that no release has. */
export function startFromReleases(desired: Desired, catalogue: Catalogue, from: readonly string[]): SimulatedState {
  const asked = from.map((text) => parseFrom(text));
  const yanked = new Set<string>(catalogue.yanked);
  const packages: Record<string, InstalledPackage> = {};
  for (const name of Object.keys(desired.fleet.packages)) {
    const candidates = catalogue.releases
      .filter((one) => one.package === name && fits(one))
      .sort((a, b) => compare(b.version, a.version));
    const wanted = asked.find((one) => one.package === name) ?? asked.find((one) => one.package === undefined);
    const release =
      wanted === undefined
        ? newestBefore(name, desired, candidates, yanked)
        : candidates.find((one) => one.version === wanted.version);
    if (release !== undefined) packages[name] = installed(release);
    else if (wanted?.package !== undefined) throw unknownVersion(name, wanted.version);
  }
  const used = Object.values(packages);
  const unused = asked.find(({ version }) => !used.some((one) => one.version === version));
  if (unused !== undefined) throw unknownVersion(unused.package, unused.version);
  return { packages, drift: [] };
}

/** Nodes that the snapshot does not hold, or that did not answer, have nothing installed. */
export function startFromSnapshot(observed: readonly ObservedNode[]): ReadonlyMap<string, SimulatedState> {
  const states = new Map<string, SimulatedState>();
  for (const node of observed) {
    if (node.reachable) states.set(node.name, { packages: node.packages, drift: node.drift });
  }
  return states;
}

function parseFrom(text: string): { readonly package: string | undefined; readonly version: string } {
  const [before, after] = text.split('=');
  return after === undefined ? { package: undefined, version: before! } : { package: before, version: after };
}

function newestBefore(
  name: string,
  { lock }: Desired,
  newestFirst: readonly ReleaseManifest[],
  yanked: ReadonlySet<string>,
): ReleaseManifest | undefined {
  const pinned = lock?.packages.find((one) => one.package === name)?.version;
  const newest = newestFirst[0]?.version;
  const limit = pinned ?? newest;
  if (limit === undefined) return undefined;
  return newestFirst.find((one) => lt(one.version, limit) && !yanked.has(one.manifestHash));
}

function fits(release: ReleaseManifest): boolean {
  const { platform: os, architecture: cpu } = release;
  return (os === 'any' || os === platform) && (cpu === 'any' || cpu === architecture);
}

function installed({ version, manifestHash, dataSchemaVersion }: ReleaseManifest): InstalledPackage {
  return { version, manifestHash, dataSchemaVersion };
}

function unknownVersion(name: string | undefined, version: string): ThemisError {
  return new ThemisError(
    'USAGE',
    `--from ${name === undefined ? '' : `${name}=`}${version} is no release of this fleet`,
    {
      hint: 'themis release list shows what there is',
    },
  );
}
