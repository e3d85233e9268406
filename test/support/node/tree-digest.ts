import { digestJson } from '../../../src/kernel/digest.ts';
import type { Digest } from '../../../src/kernel/digest.ts';
import type { FileSystem } from '../../../src/ports/file-system.ts';

/** Everything below a directory: names, kinds, modes, bytes. `skip` names entries of the top that do not count. */
export async function treeDigest(files: FileSystem, root: string, skip: readonly string[] = []): Promise<Digest> {
  return digestJson(await listTree(files, root, skip));
}

export async function listTree(
  files: FileSystem,
  root: string,
  skip: readonly string[] = [],
): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  const walk = async (directory: string, below: string): Promise<void> => {
    for (const name of await files.readDirectory(directory)) {
      if (below === '' && skip.includes(name)) continue;
      const path = `${directory}/${name}`;
      const stat = await files.lstat(path);
      const shown = `${below}${name}`;
      const mode = stat?.mode.toString(8);
      if (stat?.kind === 'directory') {
        found[shown] = `directory ${mode}`;
        await walk(path, `${shown}/`);
      } else if (stat?.kind === 'file') {
        found[shown] = `file ${mode} ${(await files.digestFile(path)).digest}`;
      } else {
        found[shown] = `${stat?.kind} ${await files.readLink(path)}`;
      }
    }
  };
  await walk(root, '');
  return found;
}

/** In a node root, where what is right of a verified release waits for the next staging. Nobody installs from there. */
export function isHalfStaged(path: string): boolean {
  return /^downloads\/[0-9a-f]{64}\.part(?:\/|$)/u.test(path) || /^downloads\/parts(?:\/|$)/u.test(path);
}
