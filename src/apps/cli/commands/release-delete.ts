import { join, relative } from 'node:path';
import { ThemisError } from '../../../kernel/error.ts';
import { exitCode } from '../../../kernel/exit-code.ts';
import { releaseDirectoryOf, releaseNames } from '../../../model/release-format/layout.ts';
import { isReleaseVersion } from '../../../model/release-format/shapes.ts';
import type { ReleaseIndex } from '../../../model/release.ts';
import type { Publication, StoredRelease } from '../../../ports/manifest-store.ts';
import { describePayload } from '../../../release/describe-payload.ts';
import { type FoundDelta, scanDeltas, touches } from '../../../release/delta/scan-deltas.ts';
import { makeIndex } from '../../../release/index/publish-index.ts';
import { type FoundRelease, scanReleases } from '../../../release/scan-releases.ts';
import { deleteReleases } from '../../../release/store/delete-releases.ts';
import type { ReleasesPlace } from '../../../release/store/releases-place.ts';
import { syncStore } from '../../../release/store/sync-store.ts';
import { scanLists } from '../../../release/index/scan-lists.ts';
import type { Command, Input, Session } from '../command.ts';
import { releasesDirectoryOf, reportFindings } from '../reading/release-input.ts';
import { checkPresent, indexOptions, indexSignerOf, lastMarkOf, presentIndexIn } from '../releases/index-input.ts';
import { reportLeft, withReleases } from '../releases/releases-place.ts';

export const releaseDeleteCommand: Command = {
  name: 'release delete',
  group: 'Releases',
  summary: 'withdraw a version from the index and remove its files, for every platform, and deltas from or to it',
  arguments: [
    { name: 'VERSION', summary: 'the version', required: true },
    { name: 'DIR', summary: 'the directory of releases (default: releases, else here)' },
  ],
  options: [
    { name: '--package', value: 'NAME', summary: 'needed where several packages have this version' },
    ...indexOptions,
    {
      name: '--expires',
      value: 'DURATION',
      summary: 'how long the index made without it may be believed',
      default: '30d',
    },
    { name: '--last', summary: 'even if no other version of the package is left', variable: false },
  ],
  examples: [
    {
      line: 'themis release delete 1.4.0 --key keys/signer.key.pem --certificate keys/signer.certificate.pem',
      summary: 'the index names it, so it is signed again',
    },
    { line: 'themis release delete 1.4.0 releases --package themisdb', summary: 'of one package' },
  ],
  async run(session, input) {
    const version = input.argument('VERSION')!;
    if (!isReleaseVersion(version)) {
      throw new ThemisError('USAGE', `"${version}" is not a version.`, {
        hint: 'Write it as `themis release list` shows it: 1.4.0.',
      });
    }
    const root = releasesDirectoryOf(session, input.argument('DIR'));
    return withReleases(session, root, async (place) => deleteVersion(session, input, place, version));
  },
};

async function deleteVersion(session: Session, input: Input, place: ReleasesPlace, version: string): Promise<number> {
  const found = await scanReleases(place.files, place.root);
  await syncStore(place.store, found);
  const releases = await choose(place, version, input.text('package'));
  const packageName = releases[0]!.manifest.package;
  const title = `${packageName} ${version}`;
  const left = (await place.store.versions(packageName)).filter((each) => each !== version);
  if (left.length === 0 && !input.flag('last')) {
    throw new ThemisError('POLICY_REFUSED', `No other version of ${packageName} is left.`, {
      hint: `Add --last to delete ${title} all the same.`,
    });
  }
  const deltas = Map.groupBy(await scanDeltas(place.files, place.root), (delta) =>
    touches(delta, packageName, version) ? 'condemned' : 'left',
  );
  const index = await indexWithout(session, input, place, found, releases, deltas.get('left') ?? []);
  if (index === null) return exitCode.refused;
  const condemned = (deltas.get('condemned') ?? []).map(({ directory }) => directory);
  const deletion = await deleteReleases(place, { title, releases, deltas: condemned }, index, session.clock.nowMs());
  if (index?.index === null) session.err.write(`Removed ${releaseNames.index}: no release is left.\n`);
  if (session.verbosity !== 'quiet') {
    for (const { directory, manifest } of releases) {
      const path = relative(session.directory, join(place.root, directory));
      session.out.write(`Deleted ${title} (${describePayload(manifest.files)}): ${path}\n`);
    }
    for (const directory of condemned) {
      session.out.write(`Deleted the delta ${relative(session.directory, join(place.root, directory))}\n`);
    }
  }
  reportLeft(session, deletion);
  return exitCode.done;
}

async function choose(
  { store, root }: ReleasesPlace,
  version: string,
  packageName: string | undefined,
): Promise<readonly StoredRelease[]> {
  const releases = await store.find({ version, ...(packageName === undefined ? {} : { package: packageName }) });
  const packages = [...new Set(releases.map(({ manifest }) => manifest.package))];
  if (packages.length === 0) {
    throw new ThemisError('NOT_FOUND', `${root} holds no ${packageName ?? 'release'} ${version}.`, {
      hint: 'See what is there with: themis release list',
    });
  }
  if (packages.length > 1) {
    throw new ThemisError('USAGE', `${packages.join(' and ')} have a version ${version}.`, {
      hint: `Name one: --package ${packages[0]}`,
    });
  }
  return releases;
}

/**
 * The index that is to lie there once the releases are gone; undefined where the present one does not change, null where
 * what is left makes none. A signed one is not replaced by an unsigned one, and one that lost its signature gets it back.
 */
async function indexWithout(
  session: Session,
  input: Input,
  place: ReleasesPlace,
  found: readonly FoundRelease[],
  releases: readonly StoredRelease[],
  deltas: readonly FoundDelta[],
): Promise<Publication | undefined | null> {
  const present = await presentIndexIn(place);
  const isNamed = present !== null && names(present.index, releases);
  if (present === null || (!isNamed && present.signature !== null)) return undefined;
  const gone = new Set(releases.map(({ directory }) => directory));
  const rest = found.filter(({ directory }) => !gone.has(directory));
  if (rest.length === 0) return { index: null, signature: null, mark: null };
  const { package: name, version } = releases[0]!.manifest;
  const signer = await indexSignerOf(
    session,
    input,
    present.signature === null ? 'The index is not signed.' : `The signed index names ${name} ${version}.`,
  );
  if (!isNamed && signer === undefined) return undefined;
  await checkPresent(session, input, place, present, signer);
  const last = await lastMarkOf(session, place, present);
  const { made, findings } = await makeIndex(rest, signer, {
    nowMs: session.clock.nowMs(),
    counter: last.counter + 1,
    freshForMs: input.duration('expires')!,
    yanked: new Set(last.yanked),
    crls: await scanLists(place.files, place.root),
    deltas,
  });
  reportFindings(session, findings);
  return made === null ? null : made.publication;
}

function names(index: ReleaseIndex, releases: readonly StoredRelease[]): boolean {
  const directories = new Set(releases.map(({ directory }) => directory));
  const hashes = new Set(releases.map(({ manifest }) => manifest.manifestHash));
  return index.entries.some(
    ({ url, manifestHash }) => directories.has(releaseDirectoryOf(url)) || hashes.has(manifestHash),
  );
}
