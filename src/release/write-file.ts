import { draftName } from '../model/release-format/layout.ts';
import type { FileSystem } from '../ports/file-system.ts';

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
