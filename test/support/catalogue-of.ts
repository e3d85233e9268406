import { digestJson } from '../../src/kernel/digest.ts';
import type { Catalogue, ReleaseDependency, ReleaseManifest } from '../../src/model/release.ts';

/** A manifest whose hash is right, from what matters to a test. */
export function manifestOf(
  name: string,
  version: string,
  more: Partial<Omit<ReleaseManifest, 'dependencies'>> & {
    readonly dependencies?: readonly Partial<ReleaseDependency>[];
  } = {},
): ReleaseManifest {
  const { dependencies = [], ...fields } = more;
  const rest = {
    schemaVersion: 1 as const,
    product: 'themisdb',
    package: name,
    version,
    tagName: `v${version}`,
    releaseNotes: '',
    releaseDate: '2026-01-01T00:00:00Z',
    isCritical: false,
    counter: 1,
    expiresAt: null,
    platform: 'linux' as const,
    architecture: 'x64' as const,
    files: [],
    minUpgradeFrom: null,
    dataSchemaVersion: 1,
    build: { commit: null, date: null, compiler: null },
    ...fields,
    dependencies: dependencies.map((one) => ({
      package: 'other',
      versionConstraint: '*',
      optional: false,
      conflicts: [],
      ...one,
    })),
  };
  return { ...rest, manifestHash: digestJson(rest) };
}

export function catalogueOf(releases: readonly ReleaseManifest[], yanked: readonly ReleaseManifest[] = []): Catalogue {
  return { releases, yanked: yanked.map(({ manifestHash }) => manifestHash) };
}
