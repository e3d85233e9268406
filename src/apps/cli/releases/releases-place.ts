/**
 * A directory of releases and its store, `.themis/releases.db`, under one lock for everything that writes there, be there
 * a store or not. The JSON files of the directory stay what is right: the store is a cache of them, made by `release index` and `release
 * delete`, kept up by `release build` and `release sign`, made again whenever it is missing or of another schema, and
 * brought to what lies there before anything is decided by it. What it alone knows are tombstones, an index on its way
 * (deletions and publications that were begun), and the last counters. Verdicts about signatures are never taken from it, since it travels with the releases: those a node believes
 * stand in its own `state/manifests.db`, beside downloads. What a node accepted stays in `state/installed.json` and its
 * restore points. A directory that is itself a release has no store, because it may hold nothing unlisted.
 */
import { basename, dirname } from 'node:path';
import { createNodeFileSystem } from '../../../adapters/file-system/node.ts';
import { openManifestStore } from '../../../adapters/manifest-store/index.ts';
import { ThemisError } from '../../../kernel/error.ts';
import { isReservedReleasePath, joinReleasePath, releaseNames } from '../../../model/release-format/layout.ts';
import type { ReleaseManifest } from '../../../model/release.ts';
import { finishPublication } from '../../../release/index/publish-index.ts';
import { type Deletion, finishDeletions } from '../../../release/store/delete-releases.ts';
import type { ReleasesPlace } from '../../../release/store/releases-place.ts';
import { removeDrafts } from '../../../release/write-file.ts';
import type { Session } from '../command.ts';
import { ownDirectory, withLock } from './release-lock.ts';

/** Runs under the lock, with all that was begun finished first. Throws USAGE for a directory that is itself a release. */
export async function withReleases<T>(
  session: Session,
  root: string,
  work: (place: ReleasesPlace) => Promise<T>,
): Promise<T> {
  return withStore(session, root, true, async (place) => {
    if (place !== null) return work(place);
    throw new ThemisError('USAGE', `${root} is itself a release, not a directory of releases.`, {
      hint: 'Name the directory above it.',
    });
  });
}

/** `make`: the store is made where there is none; otherwise the work gets null there, as it does in a release. */
async function withStore<T>(
  session: Session,
  root: string,
  make: boolean,
  work: (place: ReleasesPlace | null) => Promise<T>,
): Promise<T> {
  const files = createNodeFileSystem();
  const file = `${ownDirectory(root)}/releases.db`;
  return withLock(session, files, root, async () => {
    const isRelease = (await files.lstat(`${root}/${releaseNames.manifest}`)) !== null;
    if (isRelease || (!make && (await files.lstat(file)) === null)) return work(null);
    const store = await openManifestStore({ kind: 'sqlite', file, isPrivate: false });
    try {
      const place = { files, root, store };
      await removeDrafts(files, root, (name) => name === releaseNames.index || name === releaseNames.indexSignature);
      if (await finishPublication(place)) session.err.write('Finished the index, which had been interrupted.\n');
      for (const deletion of await finishDeletions(place)) {
        session.err.write(`Finished the deletion of ${deletion.title}, which had been interrupted.\n`);
        reportLeft(session, deletion);
      }
      return await work(place);
    } finally {
      await store.close();
    }
  });
}

/** For a command that writes beside the payload in `directory`, under the lock, with drafts of others out of the way. */
export async function writingRelease<T>(
  session: Session,
  directory: string,
  write: (place: ReleasesPlace | null) => Promise<T>,
): Promise<T> {
  return withStore(session, dirname(directory), false, async (place) => {
    await removeDrafts(createNodeFileSystem(), directory, isReservedReleasePath);
    return write(place);
  });
}

/** The same, and the release it wrote goes into the store beside it, if there is one. */
export async function recordingRelease<T extends { readonly manifest: ReleaseManifest }>(
  session: Session,
  directory: string,
  write: (place: ReleasesPlace | null) => Promise<T>,
): Promise<T> {
  return writingRelease(session, directory, async (place) => {
    const written = await write(place);
    await place?.store.put({ directory: basename(directory), manifest: written.manifest });
    return written;
  });
}

export function reportLeft(session: Session, { shared, changed, directories }: Deletion): void {
  for (const path of shared) session.err.write(`kept ${path}: another release names it\n`);
  for (const path of changed) session.err.write(`kept ${path}: it is not the file that was deleted\n`);
  // What is said of a file need not be said of every directory above it.
  const explained = [...shared, ...changed];
  const innermost = directories.filter((one) => !directories.some((other) => other.startsWith(`${one}/`)));
  for (const path of innermost) {
    if (explained.some((file) => file.startsWith(joinReleasePath(path, '')))) continue;
    session.err.write(`kept ${path}: something else lies in it\n`);
  }
}
