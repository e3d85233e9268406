import { draftedName, draftName } from '../model/release-format/layout.ts';
import type { FileSystem } from '../ports/file-system.ts';

/** What writers that were killed left of these files; whoever removes it holds the lock that writers take. */
export async function removeDrafts(
  fileSystem: FileSystem,
  directory: string,
  isOf: (name: string) => boolean,
): Promise<void> {
  if ((await fileSystem.lstat(directory))?.kind !== 'directory') return;
  for (const name of await fileSystem.readDirectory(directory)) {
    const drafted = draftedName(name);
    if (drafted === null || !isOf(drafted)) continue;
    const path = `${directory}/${name}`;
    if ((await fileSystem.lstat(path))?.kind !== 'directory') await fileSystem.removeFile(path);
  }
}

/** Whole or not at all, and durable: written beside, synced, renamed, directory synced. */
export async function writeWholeFile(
  fileSystem: FileSystem,
  directory: string,
  name: string,
  bytes: Uint8Array,
  mode = 0o644,
): Promise<void> {
  const draft = await writeDraft(fileSystem, directory, name, bytes, mode);
  await fileSystem.rename(draft, `${directory}/${name}`);
  await fileSystem.syncDirectory(directory);
}

/** The bytes beside the file whose place they are to take, under a name of their own. Returns where. */
export async function writeDraft(
  fileSystem: FileSystem,
  directory: string,
  name: string,
  bytes: Uint8Array,
  mode = 0o644,
): Promise<string> {
  const draft = `${directory}/${draftName(name, fileSystem.uniqueName())}`;
  await fileSystem.writeFile(draft, bytes, mode);
  await fileSystem.syncFile(draft);
  return draft;
}
