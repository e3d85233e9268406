/**
 * Where on this node a content may lie already: in the installed tree, kept for a restore point, staged with another
 * release. Hints only: whoever copies hashes what it copied.
 */
import type { NodeContext } from '../context.ts';
import { findStagedManifest, stagedHashes } from '../operation/staged-release.ts';
import { readInstalled } from '../state/installed.ts';
import type { CopyOrigin } from './delivery.ts';

/** By SHA-256; of each the most certain first. */
export async function findLocalCopies(
  context: NodeContext,
  wanted: Pick<ReadonlySet<string>, 'has'>,
): Promise<ReadonlyMap<string, readonly CopyOrigin[]>> {
  const found = new Map<string, CopyOrigin[]>();
  const add = (sha256: string, path: string): void => {
    if (!wanted.has(sha256)) return;
    const known = found.get(sha256);
    if (known === undefined) found.set(sha256, [{ kind: 'copy', path }]);
    else known.push({ kind: 'copy', path });
  };
  const { layout } = context;
  for (const name of await namesIn(context, layout.objects)) add(name, layout.object(name));
  for (const hash of await stagedHashes(context)) {
    const manifest = await findStagedManifest(context, hash);
    for (const { sha256, path } of manifest?.files ?? []) add(sha256, `${layout.staged(hash)}/${path}`);
  }
  for (const record of Object.values((await readInstalled(context)).packages)) {
    for (const [path, { sha256 }] of Object.entries(record.files)) add(sha256, layout.inInstall(path));
  }
  return found;
}

async function namesIn({ files }: NodeContext, directory: string): Promise<readonly string[]> {
  return (await files.lstat(directory)) === null ? [] : files.readDirectory(directory);
}
