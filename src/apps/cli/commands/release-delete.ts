import { join, relative } from 'node:path';
import { openDirectorySource } from '../../../adapters/release-source/directory.ts';
import { ThemisError } from '../../../kernel/error.ts';
import { exitCode } from '../../../kernel/exit-code.ts';
import { releaseDirectoryOf, releaseNames } from '../../../model/release-format/layout.ts';
import { isReleaseVersion } from '../../../model/release-format/shapes.ts';
import type { ReleaseIndex } from '../../../model/release.ts';
import type { StoredRelease } from '../../../ports/manifest-store.ts';
import { describePayload } from '../../../release/describe-payload.ts';
import { type FoundDelta, scanDeltas, touches } from '../../../release/delta/scan-deltas.ts';
import { publishIndex, removeIndex } from '../../../release/index/publish-index.ts';
import { type FoundRelease, scanReleases } from '../../../release/scan-releases.ts';
import { deleteReleases, type ReleasesPlace } from '../../../release/store/delete-releases.ts';
import { syncStore } from '../../../release/store/sync-store.ts';
import { scanLists } from '../../../release/index/scan-lists.ts';
import { yankedAfter } from '../../../release/index/yank.ts';
import type { Command, Input, Session } from '../command.ts';
import { releasesDirectoryOf, reportFindings } from '../reading/release-input.ts';
import { signerOf, signerOptions } from '../reading/signer-input.ts';
import { reportLeft, withReleases } from '../reading/releases-place.ts';

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
    ...signerOptions,
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
    return withReleases(session, root, true, async (place) => {
      if (place === null) {
        throw new ThemisError('USAGE', `${root} is itself a release, not a directory of releases.`, {
          hint: 'Name the directory above it, or remove it as any directory.',
        });
      }
      return deleteVersion(session, input, place, version);
    });
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
  if (!(await withdraw(session, input, place, found, releases, deltas.get('left') ?? []))) return exitCode.refused;
  const condemned = (deltas.get('condemned') ?? []).map(({ directory }) => directory);
  const deletion = await deleteReleases(place, { title, releases, deltas: condemned }, session.clock.nowMs());
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
 * The index goes first, so that it never names what is not there. A signed one is not replaced by an unsigned one. False
 * where what is left makes no index; nothing was changed then.
 */
async function withdraw(
  session: Session,
  input: Input,
  { files, root }: ReleasesPlace,
  found: readonly FoundRelease[],
  releases: readonly StoredRelease[],
  deltas: readonly FoundDelta[],
): Promise<boolean> {
  const source = openDirectorySource(root);
  const present = await source.readIndex().catch((error: unknown) => {
    if (error instanceof ThemisError && error.code === 'NOT_FOUND') return null;
    throw error;
  });
  if (present === null || !names(present.index, releases)) return true;
  const signer = await signerOf(session, input);
  if (present.signature !== null && signer === undefined) {
    const { manifest } = releases[0]!;
    throw new ThemisError('POLICY_REFUSED', `The signed index names ${manifest.package} ${manifest.version}.`, {
      hint: 'Add --key FILE --certificate FILE, so that the index is made without it and signed again.',
    });
  }
  const gone = new Set(releases.map(({ directory }) => directory));
  const rest = found.filter(({ directory }) => !gone.has(directory));
  if (rest.length === 0) {
    await removeIndex(files, root);
    session.err.write(`Removed ${releaseNames.index}: no release is left.\n`);
    return true;
  }
  const { index, findings } = await publishIndex(files, root, rest, signer, {
    nowMs: session.clock.nowMs(),
    counter: present.index.counter + 1,
    freshForMs: input.duration('expires')!,
    yanked: yankedAfter(present.index, rest, [], []),
    crls: await scanLists(files, root),
    deltas,
  });
  reportFindings(session, findings);
  return index !== null;
}

function names(index: ReleaseIndex, releases: readonly StoredRelease[]): boolean {
  const directories = new Set(releases.map(({ directory }) => directory));
  const hashes = new Set(releases.map(({ manifest }) => manifest.manifestHash));
  return index.entries.some(
    ({ url, manifestHash }) => directories.has(releaseDirectoryOf(url)) || hashes.has(manifestHash),
  );
}
