/**
 * Drops what nobody needs: restore points beyond the newest few, staged releases, half-staged ones, old journals.
 * What is pinned (a restore point's id, a manifest hash) stays, and so does what the open operation needs.
 */
import type { Digest } from '../kernel/digest.ts';
import type { NodeProgress, NodeReplyBody, NodeRequest } from '../model/message.ts';
import type { NodeContext } from './context.ts';
import { settle } from './operation/operate.ts';
import { stagedHashes } from './operation/staged-release.ts';
import { withLock } from './state/lock.ts';
import { collectObjects, listRestorePoints, removeRestorePoint } from './state/restore-points.ts';

type PruneRequest = Extract<NodeRequest, { kind: 'prune' }>;
type Pruned = Extract<NodeReplyBody, { kind: 'pruned' }>;

const keptJournals = 100;

export async function prune(
  context: NodeContext,
  { keepRestorePoints, pinned }: Pick<PruneRequest, 'keepRestorePoints' | 'pinned'>,
  onProgress: (progress: NodeProgress) => void,
): Promise<Pruned> {
  return withLock(context, async () => {
    await settle(context, onProgress);
    const keep = new Set(pinned);
    const { points } = await listRestorePoints(context);
    const spare = points.slice(keepRestorePoints).filter((point) => !keep.has(point.id));
    for (const point of spare) await removeRestorePoint(context, point.id);
    const staged: Digest[] = [];
    let freedBytes = await collectObjects(context);
    for (const hash of await stagedHashes(context)) {
      if (keep.has(hash)) continue;
      freedBytes += await removeDirectory(context, context.layout.staged(hash));
      staged.push(hash);
    }
    freedBytes += await removeParts(context, keep);
    await removeJournals(context);
    return { kind: 'pruned', restorePoints: spare.map((point) => point.id).sort(), staged, freedBytes };
  });
}

/** Half-staged releases and what is under way of them: whoever stages them again fetches them again. */
async function removeParts({ files, layout }: NodeContext, keep: ReadonlySet<string>): Promise<number> {
  let freedBytes = 0;
  const names = await files.readDirectory(layout.downloads);
  for (const name of names) {
    const path = `${layout.downloads}/${name}`;
    const hash = /^([0-9a-f]{64})\.part$/u.exec(name)?.[1];
    const isNeeded = hash !== undefined && keep.has(`sha256:${hash}`) && !names.includes(hash);
    if (isNeeded || (path !== layout.parts && !name.endsWith('.part'))) continue;
    freedBytes += await sizeOf(files, path);
    await files.removeTree(path);
  }
  return freedBytes;
}

/** A directory under a hash must be whole or gone: it loses its name before its files. */
async function removeDirectory({ files, layout }: NodeContext, directory: string): Promise<number> {
  const sizeBytes = await sizeOf(files, directory);
  const gone = `${directory}.part`;
  await files.removeTree(gone);
  await files.rename(directory, gone);
  await files.syncDirectory(layout.downloads);
  await files.removeTree(gone);
  return sizeBytes;
}

async function sizeOf(files: NodeContext['files'], path: string): Promise<number> {
  const stat = await files.lstat(path);
  if (stat === null) return 0;
  if (stat.kind !== 'directory') return stat.sizeBytes;
  let sizeBytes = 0;
  for (const name of await files.readDirectory(path)) sizeBytes += await sizeOf(files, `${path}/${name}`);
  return sizeBytes;
}

/** Journals answer a controller that asks again; after so many others none does. */
async function removeJournals({ files, layout }: NodeContext): Promise<void> {
  const journals: { readonly path: string; readonly modifiedNs: bigint }[] = [];
  for (const name of await files.readDirectory(layout.operations)) {
    const path = `${layout.operations}/${name}`;
    const stat = await files.lstat(path);
    if (stat !== null) journals.push({ path, modifiedNs: BigInt(stat.modifiedNs) });
  }
  journals.sort((a, b) => Number(b.modifiedNs - a.modifiedNs));
  for (const { path } of journals.slice(keptJournals)) await files.removeFile(path);
}
