import { hexOf } from '../../kernel/digest.ts';
import { ThemisError } from '../../kernel/error.ts';
import { releaseLimits, releaseNames } from '../../model/release-format/layout.ts';
import type { IndexedList } from '../../model/release.ts';
import type { FileSystem } from '../../ports/file-system.ts';

/** The revocation lists that lie beside an index, in `crls/`: what it names for nodes. Sorted by name. Throws INDEX_INVALID. */
export async function scanLists(fileSystem: FileSystem, root: string): Promise<IndexedList[]> {
  const directory = `${root}/${releaseNames.lists}`;
  if ((await fileSystem.lstat(directory))?.kind !== 'directory') return [];
  const names = (await fileSystem.readDirectory(directory)).filter((name) => name.endsWith('.crl'));
  if (names.length > releaseLimits.lists) {
    throw new ThemisError('INDEX_INVALID', `${directory} holds ${names.length} lists, at most ${releaseLimits.lists}.`);
  }
  const lists: IndexedList[] = [];
  for (const name of names) {
    const path = `${directory}/${name}`;
    const stat = await fileSystem.lstat(path);
    if (stat?.kind !== 'file' || stat.sizeBytes > releaseLimits.listBytes) {
      throw new ThemisError('INDEX_INVALID', `${path} is no revocation list: no plain file, or too large.`);
    }
    lists.push({
      url: `${releaseNames.lists}/${name}`,
      sha256: hexOf((await fileSystem.digestFile(path)).digest),
    });
  }
  return lists;
}
