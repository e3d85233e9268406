/** Releases for stores of manifests, sealed like real ones. */
import type { StoredRelease } from '../../src/ports/manifest-store.ts';
import { type ReleaseDescription, sealManifest } from '../../src/release/build-release.ts';
import { description, fileOf } from './releases.ts';

/** Path to content, in order of the paths. */
export function storedRelease(
  version: string,
  over: Partial<ReleaseDescription> = {},
  files: Readonly<Record<string, string>> = { 'bin/server': version },
): StoredRelease {
  const { manifest } = sealManifest({
    ...description,
    minUpgradeFrom: null,
    ...over,
    version,
    files: Object.entries(files).map(([path, content]) => fileOf(path, content)),
  });
  return { directory: `${manifest.package}-${version}-${manifest.platform}`, manifest };
}
