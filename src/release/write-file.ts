import type { FileSystem } from '../ports/file-system.ts';

/** Whole or not at all, and durable: written beside, synced, renamed, directory synced. */
export async function writeWholeFile(
  fileSystem: FileSystem,
  directory: string,
  name: string,
  bytes: Uint8Array,
  mode = 0o644,
): Promise<void> {
  const path = `${directory}/${name}`;
  const draft = `${directory}/.${name}.new`;
  await fileSystem.writeFile(draft, bytes, mode);
  await fileSystem.syncFile(draft);
  await fileSystem.rename(draft, path);
  await fileSystem.syncDirectory(directory);
}
