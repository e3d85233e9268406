/**
 * Keeps `index/` beside an index: what changed since each of the last few that were published, so that whoever has one of
 * them reads that instead of the whole. Nothing else is kept for it: what leads to the index before and what leads from
 * there to the new one are put together. So the step from the index before is written first of all; then, wherever a
 * crash falls, the next run finds the way from every older one. Whoever reads in between gets what does not fit the
 * signature, and reads the whole.
 */
import { digestBytes } from '../../../kernel/digest.ts';
import { ThemisError } from '../../../kernel/error.ts';
import { compareText } from '../../../kernel/finding.ts';
import type { IndexDelta } from '../../../model/release-format/index-delta.ts';
import { draftedName, indexDeltaPath, releaseLimits, releaseNames } from '../../../model/release-format/layout.ts';
import { parseIndexDelta } from '../../../model/release-format/parse-index-delta.ts';
import { parseReleaseIndex } from '../../../model/release-format/parse-index.ts';
import type { FileSystem } from '../../../ports/file-system.ts';
import { writeWholeFile } from '../../write-file.ts';
import { composeDeltas, type DigestedIndex, diffIndexes, encodeIndexDelta } from './index-delta.ts';

const nameOfChanges = /^[0-9a-f]{64}\.delta\.json$/u;
const isDraft = (name: string): boolean => nameOfChanges.test(draftedName(name) ?? '');

/** Before the new index takes the place of the one that lies there. */
export async function writeStep(fileSystem: FileSystem, root: string, after: DigestedIndex): Promise<void> {
  const before = await readPresent(fileSystem, root);
  if (before === null || before.digest === after.digest) return;
  await makeDirectory(fileSystem, root);
  await writeWhole(fileSystem, root, indexDeltaPath(before.digest), encodeIndexDelta(diffIndexes(before, after)));
}

/** Once it is there and signed. `most`: of the indexes before it. */
export async function writeChanges(
  fileSystem: FileSystem,
  root: string,
  after: DigestedIndex & { readonly bytes: Uint8Array },
  most: number,
): Promise<void> {
  await makeDirectory(fileSystem, root);
  const found = await readAll(fileSystem, root);
  const kept = new Map<string, Uint8Array>();
  for (const delta of leadingTo(found, after).slice(0, most)) {
    const bytes = encodeIndexDelta(delta);
    // Nearly as much as the whole, it is worth nothing.
    if (bytes.length <= after.bytes.length / 2) kept.set(indexDeltaPath(delta.from), bytes);
  }
  // For a reader that begins with the changes and has this one: told in a few bytes that nothing changed.
  kept.set(indexDeltaPath(after.digest), encodeIndexDelta(diffIndexes(after, after)));
  for (const delta of found.values()) {
    if (!kept.has(indexDeltaPath(delta.from))) await fileSystem.removeFile(`${root}/${indexDeltaPath(delta.from)}`);
  }
  for (const [path, bytes] of kept) await writeWhole(fileSystem, root, path, bytes);
}

/** Of an index that is not signed, or no more there: what is merged could not be checked. */
export async function removeChanges(fileSystem: FileSystem, root: string): Promise<void> {
  const directory = directoryOf(root);
  if ((await fileSystem.lstat(directory))?.kind !== 'directory') return;
  for (const name of await fileSystem.readDirectory(directory)) {
    if (nameOfChanges.test(name) || isDraft(name)) await fileSystem.removeFile(`${directory}/${name}`);
  }
  await fileSystem.syncDirectory(directory);
  await fileSystem.removeEmptyDirectory(directory);
}

/** What leads to the new index, alone or put together, from the latest on. */
function leadingTo(found: ReadonlyMap<string, IndexDelta>, after: DigestedIndex): IndexDelta[] {
  const whole: IndexDelta[] = [];
  for (const first of found.values()) {
    let delta = first;
    for (const seen = new Set<string>([first.from]); delta.to !== after.digest && !seen.has(delta.to);) {
      seen.add(delta.to);
      const next = found.get(delta.to);
      if (next === undefined) break;
      delta = composeDeltas(delta, next);
    }
    if (delta.to === after.digest && delta.from !== after.digest) whole.push(delta);
  }
  return whole.sort((a, b) => b.fromCounter - a.fromCounter || compareText(a.from, b.from));
}

/** By what each starts from. One that cannot be read, or lies under another name than its own, is removed. */
async function readAll(fileSystem: FileSystem, root: string): Promise<Map<string, IndexDelta>> {
  const directory = directoryOf(root);
  const found = new Map<string, IndexDelta>();
  for (const name of await fileSystem.readDirectory(directory)) {
    const path = `${directory}/${name}`;
    const delta = nameOfChanges.test(name) ? await readDelta(fileSystem, path) : null;
    if (delta !== null && `${root}/${indexDeltaPath(delta.from)}` === path) found.set(delta.from, delta);
    else if (nameOfChanges.test(name) || isDraft(name)) await fileSystem.removeFile(path);
  }
  return found;
}

async function readDelta(fileSystem: FileSystem, path: string): Promise<IndexDelta | null> {
  const stat = await fileSystem.lstat(path);
  if (stat?.kind !== 'file' || stat.sizeBytes > releaseLimits.indexBytes) return null;
  return orNull(async () => parseIndexDelta(await fileSystem.readFile(path)));
}

async function readPresent(fileSystem: FileSystem, root: string): Promise<DigestedIndex | null> {
  const path = `${root}/${releaseNames.index}`;
  const stat = await fileSystem.lstat(path);
  if (stat?.kind !== 'file' || stat.sizeBytes > releaseLimits.indexBytes) return null;
  const bytes = await fileSystem.readFile(path);
  return orNull(async () => ({ index: parseReleaseIndex(bytes), digest: digestBytes(bytes) }));
}

async function orNull<T>(work: () => Promise<T>): Promise<T | null> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ThemisError && (error.code === 'INDEX_INVALID' || error.code === 'UNSUPPORTED_FORMAT'))
      return null;
    throw error;
  }
}

async function makeDirectory(fileSystem: FileSystem, root: string): Promise<void> {
  if ((await fileSystem.lstat(directoryOf(root)))?.kind === 'directory') return;
  await fileSystem.makeDirectory(directoryOf(root));
  await fileSystem.syncDirectory(root);
}

async function writeWhole(fileSystem: FileSystem, root: string, path: string, bytes: Uint8Array): Promise<void> {
  await writeWholeFile(fileSystem, directoryOf(root), path.slice(releaseNames.indexDeltas.length + 1), bytes);
}

function directoryOf(root: string): string {
  return `${root}/${releaseNames.indexDeltas}`;
}
