/** An empty PGlite: making one takes seconds, unpacking the one that was packed with the package does not. */
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { launcherFile } from '../launcher-file.ts';

export const packedPglite = join(dirname(launcherFile), '../dist/empty-pglite.tar.gz');

/** `directory` is not there yet; then it holds an empty database that nobody has open. */
export function unpackPglite(directory: string): void {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const { status, stderr } = spawnSync('tar', ['-xzf', packedPglite, '-C', directory], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`tar: ${stderr}`);
}
