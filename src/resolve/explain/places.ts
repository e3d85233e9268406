/** Where things stand, for people: a line of YAML, a dependency of a manifest. */
import type { SourceSpan } from '../../kernel/finding.ts';
import type { ReleaseManifest } from '../../model/release.ts';

export function placeText({ file, line, col }: SourceSpan): string {
  return `${file}:${line}:${col}`;
}

export function dependencyPlace(release: ReleaseManifest, index: number): string {
  return `${manifestPlace(release)}, dependencies[${index}]`;
}

export function manifestPlace(release: ReleaseManifest): string {
  const build =
    release.platform === 'any' && release.architecture === 'any'
      ? ''
      : ` for ${release.platform}/${release.architecture}`;
  return `release.json of ${release.package} ${release.version}${build}`;
}
