/**
 * What should run on a node of a platform and architecture: the manifests that the lock pins for it, in dependency
 * order. Made once a combination and shared by all its nodes.
 */
import type { Digest } from '../../kernel/digest.ts';
import { compareText } from '../../kernel/finding.ts';
import type { Desired, LockedPackage } from '../../model/desired.ts';
import type { InstalledPackage } from '../../model/observed.ts';
import type { Catalogue, ReleaseManifest } from '../../model/release.ts';
import { givenTo } from '../../resolve/platform-classes.ts';
import { type PlatformKey, platformText } from '../../resolve/platform.ts';
import type { Notes } from '../findings/notes.ts';
import type { UsablePins } from './lock-check.ts';
import { usablePins } from './lock-check.ts';
import { checkPackages, dependencyOrder } from './package-rules.ts';

export interface TargetSet {
  /** `linux/x64`. */
  readonly key: string;
  readonly platform: string;
  readonly architecture: string;
  /** In dependency order. */
  readonly packages: readonly TargetPackage[];
  readonly byName: ReadonlyMap<string, TargetPackage>;
}

export interface TargetPackage {
  readonly name: string;
  readonly manifest: ReleaseManifest;
  readonly installed: InstalledPackage;
  /** `themisdb 1.5.0`, for a package that the Fleet does not list and another needs. */
  readonly neededBy?: string;
}

export interface Targets {
  of(platform: string, architecture: string): TargetSet;
  manifestOf(hash: Digest): ReleaseManifest | undefined;
  /** Every release of a package, for naming a path. */
  releasesOf(name: string): readonly ReleaseManifest[];
  isYanked(hash: Digest): boolean;
  /** Whether the Fleet asks for it, even where no pin of it can be used. */
  isListed(name: string): boolean;
}

interface TargetContext {
  readonly desired: Desired;
  readonly pins: UsablePins;
  readonly manifests: ReadonlyMap<string, ReleaseManifest>;
  readonly notes: Notes;
}

export function createTargets(desired: Desired, catalogue: Catalogue, notes: Notes): Targets {
  const pins = usablePins(desired, catalogue, notes);
  const manifests = new Map<string, ReleaseManifest>(
    catalogue.releases.map((release) => [release.manifestHash, release]),
  );
  const context = { desired, pins, manifests, notes };
  const byPackage = Map.groupBy(catalogue.releases, (release) => release.package);
  const yanked = new Set<string>(catalogue.yanked);
  const sets = new Map<string, TargetSet>();
  return {
    of(platform, architecture) {
      const key = `${platform}/${architecture}`;
      let set = sets.get(key);
      if (set === undefined) {
        set = makeTargetSet({ key, platform, architecture }, choosePins({ platform, architecture }, context), context);
        sets.set(key, set);
      }
      return set;
    },
    manifestOf: (hash) => manifests.get(hash),
    releasesOf: (name) => byPackage.get(name) ?? [],
    isYanked: (hash) => yanked.has(hash),
    isListed: (name) => Object.hasOwn(desired.fleet.packages, name),
  };
}

/** The Fleet's own packages, then what their releases need on this platform. Sorted by name. */
function choosePins(platform: PlatformKey, { desired, pins, manifests, notes }: TargetContext): LockedPackage[] {
  const chosen = new Map<string, LockedPackage>();
  const names = new Set([...pins.keys()].filter((name) => Object.hasOwn(desired.fleet.packages, name)));
  for (const name of names) {
    const pin = givenTo(platform, pins.get(name) ?? []);
    if (pin !== undefined) {
      chosen.set(name, pin);
      for (const needed of manifests.get(pin.manifestHash)?.dependencies ?? []) {
        if (!needed.optional) names.add(needed.package);
      }
    } else if (Object.hasOwn(desired.fleet.packages, name)) {
      const key = platformText(platform);
      notes.note('platformNotLocked', {
        summary: `The lock pins ${name} for no platform that suits ${key}.`,
        fix: `Publish ${name} for ${key} and run \`themis lock\`.`,
        address: `package/${name}`,
      });
    }
  }
  return [...chosen].sort(([a], [b]) => compareText(a, b)).map(([, pin]) => pin);
}

function makeTargetSet(
  of: Pick<TargetSet, 'key' | 'platform' | 'architecture'>,
  pins: readonly LockedPackage[],
  { desired, manifests, notes }: TargetContext,
): TargetSet {
  const chosen = new Map<string, ReleaseManifest>();
  for (const pin of pins) {
    const manifest = manifests.get(pin.manifestHash);
    if (manifest === undefined) {
      notes.gather('releaseNotFound', `${pin.package} ${pin.manifestHash}`, of.key, () => ({
        summary: `The lock pins ${pin.package} ${pin.version} with manifest ${pin.manifestHash}, which the releases do not hold.`,
        fix: 'Publish that release, or run `themis lock` to pin one that exists.',
        address: `package/${pin.package}`,
      }));
    } else if (manifest.package !== pin.package || manifest.version !== pin.version) {
      notes.gather('lockDiffersFromRelease', `${pin.package} ${pin.manifestHash}`, of.key, () => ({
        summary: `The lock calls manifest ${pin.manifestHash} ${pin.package} ${pin.version}; the releases call it ${manifest.package} ${manifest.version}.`,
        fix: 'Run `themis lock` and commit themis.lock.yaml.',
        address: `package/${pin.package}`,
      }));
    } else chosen.set(pin.package, manifest);
  }
  // Rules are said once, not once a platform: notes of equal text are merged.
  checkPackages(chosen, notes);
  const order = dependencyOrder(chosen, desired.sources, notes);
  const packages = order.map((name): TargetPackage => {
    const manifest = chosen.get(name)!;
    const { version, manifestHash, dataSchemaVersion } = manifest;
    const installed = { version, manifestHash, dataSchemaVersion };
    if (Object.hasOwn(desired.fleet.packages, name)) return { name, manifest, installed };
    return { name, manifest, installed, neededBy: neededBy(name, chosen) };
  });
  return { ...of, packages, byName: new Map(packages.map((target) => [target.name, target])) };
}

/** The first by name, with its version. */
function neededBy(name: string, chosen: ReadonlyMap<string, ReleaseManifest>): string {
  const asks = ({ dependencies }: ReleaseManifest): boolean =>
    dependencies.some((one) => one.package === name && !one.optional);
  const { package: asker, version } = [...chosen.values()].find(asks)!;
  return `${asker} ${version}`;
}
