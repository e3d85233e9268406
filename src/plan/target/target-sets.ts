/**
 * What should run on a node of a platform and architecture: the manifests that the lock pins for it, in dependency
 * order. Made once a combination and shared by all its nodes.
 */
import type { Digest } from '../../kernel/digest.ts';
import type { Desired, LockedPackage } from '../../model/desired.ts';
import type { InstalledPackage } from '../../model/observed.ts';
import type { Catalogue, ReleaseManifest } from '../../model/release.ts';
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
}

export interface Targets {
  of(platform: string, architecture: string): TargetSet;
  manifestOf(hash: Digest): ReleaseManifest | undefined;
  /** Every release of a package, for naming a path. */
  releasesOf(name: string): readonly ReleaseManifest[];
  isYanked(hash: Digest): boolean;
}

export function createTargets(desired: Desired, catalogue: Catalogue, notes: Notes): Targets {
  const pins = usablePins(desired, catalogue, notes);
  const manifests = new Map<string, ReleaseManifest>(
    catalogue.releases.map((release) => [release.manifestHash, release]),
  );
  const byPackage = Map.groupBy(catalogue.releases, (release) => release.package);
  const yanked = new Set<string>(catalogue.yanked);
  const sets = new Map<string, TargetSet>();
  return {
    of(platform, architecture) {
      const key = `${platform}/${architecture}`;
      let set = sets.get(key);
      if (set === undefined) {
        set = makeTargetSet(
          { key, platform, architecture },
          choosePins(pins, platform, architecture, notes),
          manifests,
          notes,
        );
        sets.set(key, set);
      }
      return set;
    },
    manifestOf: (hash) => manifests.get(hash),
    releasesOf: (name) => byPackage.get(name) ?? [],
    isYanked: (hash) => yanked.has(hash),
  };
}

function choosePins(pins: UsablePins, platform: string, architecture: string, notes: Notes): LockedPackage[] {
  const chosen: LockedPackage[] = [];
  for (const [name, candidates] of pins) {
    const fitting = candidates.filter((pin) => fits(pin.platform, platform) && fits(pin.architecture, architecture));
    const exact = (pin: LockedPackage): number =>
      Number(pin.platform === platform) * 2 + Number(pin.architecture === architecture);
    const best = fitting.reduce<LockedPackage | undefined>(
      (kept, pin) => (kept === undefined || exact(pin) > exact(kept) ? pin : kept),
      undefined,
    );
    if (best !== undefined) chosen.push(best);
    else {
      notes.note('platformNotLocked', {
        summary: `The lock pins ${name} for no platform that suits ${platform}/${architecture}.`,
        fix: `Publish ${name} for ${platform}/${architecture} and run \`themis lock\`.`,
        address: `package/${name}`,
      });
    }
  }
  return chosen;
}

function fits(pinned: string, actual: string): boolean {
  return pinned === 'any' || pinned === actual || actual === 'any';
}

function makeTargetSet(
  of: Pick<TargetSet, 'key' | 'platform' | 'architecture'>,
  pins: readonly LockedPackage[],
  manifests: ReadonlyMap<string, ReleaseManifest>,
  notes: Notes,
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
  const order = dependencyOrder(chosen, notes);
  const packages = order.map((name): TargetPackage => {
    const manifest = chosen.get(name)!;
    const { version, manifestHash, dataSchemaVersion } = manifest;
    return { name, manifest, installed: { version, manifestHash, dataSchemaVersion } };
  });
  return { ...of, packages, byName: new Map(packages.map((target) => [target.name, target])) };
}
