/** Which two releases `--from` and `--to` mean: directories of releases, or versions of what lies in one place. */
import { dirname, resolve } from 'node:path';
import { ThemisError } from '../../../kernel/error.ts';
import { isReleaseVersion } from '../../../model/release-format/shapes.ts';
import type { ReleaseManifest } from '../../../model/release.ts';
import type { FileSystem } from '../../../ports/file-system.ts';
import type { LyingRelease } from '../../../release/delta/make-delta.ts';
import { type FoundRelease, scanReleases } from '../../../release/scan-releases.ts';
import { toTrustError } from '../../../trust/refusal.ts';
import type { Input, Session } from '../command.ts';
import { releasesDirectoryOf } from '../reading/release-input.ts';

export interface DeltaEnds {
  /** Absolute, of the releases: where the deltas go. */
  readonly root: string;
  /** One for each platform that both versions are there for. */
  readonly pairs: readonly { readonly from: LyingRelease; readonly to: LyingRelease }[];
}

export async function findEnds(session: Session, input: Input, fileSystem: FileSystem): Promise<DeltaEnds> {
  const [fromText, toText] = [input.text('from')!, input.text('to')!];
  const root = placeOf(session, input.argument('DIR'), toText);
  const found = await scanReleases(fileSystem, root);
  if (found.some(({ directory }) => directory === '')) {
    throw new ThemisError('USAGE', `${root} is itself a release, not a directory of releases.`, {
      hint: 'Name the directory above it.',
    });
  }
  const endsOf = async (text: string): Promise<LyingRelease[]> =>
    isReleaseVersion(text)
      ? ofVersion(found, root, text, input.text('package'))
      : [await inDirectory(fileSystem, resolve(session.directory, text))];
  const [from, to] = [await endsOf(fromText), await endsOf(toText)];
  const pairs = to.flatMap((target) => {
    const base = from.find((each) => isAlike(each.manifest, target.manifest));
    return base === undefined ? [] : [{ from: base, to: target }];
  });
  if (pairs.length > 0) return { root, pairs };
  // Two directories that do not go together: making the delta says why.
  if (from.length === 1 && to.length === 1) return { root, pairs: [{ from: from[0]!, to: to[0]! }] };
  throw new ThemisError('NOT_FOUND', `No platform has both ${fromText} and ${toText}.`, {
    hint: 'See what is there with: themis release list',
  });
}

/** Where the target lies, unless another place was named. */
function placeOf(session: Session, named: string | undefined, to: string): string {
  if (named === undefined && !isReleaseVersion(to)) return dirname(resolve(session.directory, to));
  return releasesDirectoryOf(session, named);
}

function ofVersion(
  found: readonly FoundRelease[],
  root: string,
  version: string,
  packageName: string | undefined,
): LyingRelease[] {
  const releases = found.flatMap(({ directory, result }) =>
    result.ok &&
    result.manifest.version === version &&
    (packageName === undefined || result.manifest.package === packageName)
      ? [{ directory: `${root}/${directory}`, manifest: result.manifest }]
      : [],
  );
  const packages = [...new Set(releases.map(({ manifest }) => manifest.package))];
  if (packages.length === 0) {
    throw new ThemisError('NOT_FOUND', `${root} holds no ${packageName ?? 'release'} ${version}.`, {
      hint: 'See what is there with: themis release list',
    });
  }
  if (packages.length === 1) return releases;
  throw new ThemisError('USAGE', `${packages.join(' and ')} have a version ${version}.`, {
    hint: `Name one: --package ${packages[0]}`,
  });
}

async function inDirectory(fileSystem: FileSystem, directory: string): Promise<LyingRelease> {
  const [found] = (await fileSystem.lstat(directory)) === null ? [] : await scanReleases(fileSystem, directory);
  if (found?.directory !== '') {
    throw new ThemisError('NOT_FOUND', `${directory} is no release: it holds no release.json.`, {
      hint: 'Name a version, such as 1.5.0, or the directory of a release.',
    });
  }
  if (!found.result.ok) throw toTrustError(found.result, directory);
  return { directory, manifest: found.result.manifest };
}

function isAlike(a: ReleaseManifest, b: ReleaseManifest): boolean {
  return a.package === b.package && a.platform === b.platform && a.architecture === b.architecture;
}
