/**
 * Deletion that a crash cannot leave half-done: in one transaction the store forgets the releases and writes down what of
 * theirs has to go and, where the index names them, the one without; then the index changes, so that it names nothing
 * that is not there; then the files go, the manifest first, so that what is left is no release to anybody; then their
 * directories; then the tombstone. Whoever opens the store next finishes what was begun. A file goes only if it is the
 * one that was buried, not one put in its place since, and if no other release names its place. What Themis did not
 * list stays, and its directory with it.
 */
import { compareText } from '../../kernel/finding.ts';
import { pathProblem } from '../../kernel/path-guard.ts';
import { isReservedReleasePath, joinReleasePath, releaseNames } from '../../model/release-format/layout.ts';
import type { BuriedFile, Publication, StoredRelease, Tombstone } from '../../ports/manifest-store.ts';
import { finishPublication } from '../index/publish-index.ts';
import type { ReleasesPlace } from './releases-place.ts';
import { isDeltaFile, isPatchFile } from '../delta/scan-deltas.ts';

/** Paths are relative to the directory of releases. */
export interface Deletion {
  /** `themisdb 1.5.0`. */
  readonly title: string;
  /** Left because another release names them. */
  readonly shared: readonly string[];
  /** Left because they are not what was deleted any more. */
  readonly changed: readonly string[];
  /** Left because something else lies in them. */
  readonly directories: readonly string[];
}

/** What goes together: releases that lie where the store says, and the directories of deltas from or to them. */
export interface Condemned {
  readonly title: string;
  readonly releases: readonly StoredRelease[];
  readonly deltas: readonly string[];
}

/** `index`: the one without them. Durable when it resolves. */
export async function deleteReleases(
  place: ReleasesPlace,
  { title, releases, deltas }: Condemned,
  index: Publication | undefined,
  nowMs: number,
): Promise<Deletion> {
  const files: BuriedFile[] = [];
  for (const directory of deltas)
    files.push(...(await findFiles(place, directory, await namesOfDelta(place, directory))));
  for (const release of releases) files.push(...(await listFiles(place, release)));
  const directories = [...new Set(files.flatMap(({ path }) => ancestorsOf(path)))].sort(
    (a, b) => b.split('/').length - a.split('/').length || compareText(a, b),
  );
  const tombstone = await place.store.bury(
    releases.map(({ directory }) => directory),
    { title, deletedAt: Temporal.Instant.fromEpochMilliseconds(nowMs).toString(), files, directories },
    index,
  );
  await finishPublication(place);
  return finish(place, tombstone);
}

/** What other processes began and did not end; an index that was to change with it has to be finished before. */
export async function finishDeletions(place: ReleasesPlace): Promise<readonly Deletion[]> {
  const deletions: Deletion[] = [];
  for (const tombstone of await place.store.tombstones()) deletions.push(await finish(place, tombstone));
  return deletions;
}

async function finish(place: ReleasesPlace, tombstone: Tombstone): Promise<Deletion> {
  const { files, root, store } = place;
  const named = await store.registered(tombstone.files.map(({ path }) => path));
  const shared: string[] = [];
  const changed: string[] = [];
  for (const file of tombstone.files) {
    const state = await look(place, file);
    if (state === 'gone') continue;
    if (named.has(file.path)) shared.push(file.path);
    else if (state === 'changed') changed.push(file.path);
    else await files.removeFile(`${root}/${file.path}`);
  }
  const left: string[] = [];
  for (const directory of tombstone.directories) {
    if (!(await isReachable(place, directory))) continue;
    if (await files.removeEmptyDirectory(`${root}/${directory}`)) continue;
    await files.syncDirectory(`${root}/${directory}`);
    // That of all deltas belongs to none.
    if (directory !== releaseNames.deltas) left.push(directory);
  }
  await files.syncDirectory(root);
  await store.clearTombstone(tombstone.id);
  return { title: tombstone.title, shared, changed, directories: left };
}

/** Its manifest first, then what else describes it, then the payload. */
async function listFiles(place: ReleasesPlace, { directory, manifest }: StoredRelease): Promise<BuriedFile[]> {
  const { files, root } = place;
  const documents = (await files.readDirectory(`${root}/${directory}`)).filter((name) => isReservedReleasePath(name));
  return findFiles(place, directory, [releaseNames.manifest, ...documents, ...manifest.files.map(({ path }) => path)]);
}

/** Its document first: patches that nothing names are no delta to anybody. */
async function namesOfDelta({ files, root }: ReleasesPlace, directory: string): Promise<string[]> {
  const own = (await files.readDirectory(`${root}/${directory}`)).filter((name) => isDeltaFile(name));
  const patches = `${directory}/${releaseNames.patches}`;
  const hasPatches = (await files.lstat(`${root}/${patches}`))?.kind === 'directory';
  const names = hasPatches ? await files.readDirectory(`${root}/${patches}`) : [];
  return [releaseNames.delta, ...own, ...names.filter(isPatchFile).map((name) => `${releaseNames.patches}/${name}`)];
}

async function findFiles(
  { files, root }: ReleasesPlace,
  directory: string,
  names: readonly string[],
): Promise<BuriedFile[]> {
  const found: BuriedFile[] = [];
  for (const name of new Set(names)) {
    const path = joinReleasePath(directory, name);
    const stat = await files.lstat(`${root}/${path}`);
    if (stat?.kind !== 'file') continue;
    found.push({ path, sizeBytes: stat.sizeBytes, inode: stat.inode, modifiedNs: stat.modifiedNs });
  }
  return found;
}

async function look(place: ReleasesPlace, file: BuriedFile): Promise<'gone' | 'buried' | 'changed'> {
  if (!(await isReachable(place, file.path))) return 'gone';
  const stat = await place.files.lstat(`${place.root}/${file.path}`);
  if (stat === null) return 'gone';
  const isBuried =
    stat.kind === 'file' &&
    stat.sizeBytes === file.sizeBytes &&
    stat.inode === file.inode &&
    stat.modifiedNs === file.modifiedNs;
  return isBuried ? 'buried' : 'changed';
}

/** Below the root, and through no link: a tombstone is read from a file that others may have written. */
async function isReachable({ files, root }: ReleasesPlace, path: string): Promise<boolean> {
  if (pathProblem(path) !== undefined) return false;
  for (const directory of ancestorsOf(path)) {
    if ((await files.lstat(`${root}/${directory}`))?.kind !== 'directory') return false;
  }
  return (await files.lstat(`${root}/${path}`)) !== null;
}

/** Of `a/b/c`: `a`, `a/b`. */
function ancestorsOf(path: string): string[] {
  const parts = path.split('/');
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join('/'));
}
