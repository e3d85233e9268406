import { compareText } from '../kernel/finding.ts';
import type { LockedPackage } from '../model/desired.ts';
import type { ReleaseManifest } from '../model/release.ts';

export function pinOf(release: ReleaseManifest): LockedPackage {
  const { version, manifestHash, platform, architecture } = release;
  return { package: release.package, version, manifestHash, platform, architecture };
}

export function comparePins(a: LockedPackage, b: LockedPackage): number {
  return (
    compareText(a.package, b.package) ||
    compareText(a.platform, b.platform) ||
    compareText(a.architecture, b.architecture) ||
    compareText(a.manifestHash, b.manifestHash)
  );
}
