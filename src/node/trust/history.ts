/**
 * What this node has had before: that may come back, whatever its counter, its offer or the index say by now, so that
 * repair and rollback work. A manifest hash names every byte, so nothing else can come in that way.
 */
import type { Digest } from '../../kernel/digest.ts';
import type { NodeContext } from '../context.ts';
import type { History } from '../deps.ts';
import { stagedHashes } from '../operation/staged-release.ts';
import { manifestHashes, readInstalled } from '../state/installed.ts';
import { listRestorePoints } from '../state/restore-points.ts';

export async function historyOf(context: NodeContext, manifestHash: Digest): Promise<History> {
  if (await wasInstalled(context, manifestHash)) return 'installed';
  return (await stagedHashes(context)).includes(manifestHash) ? 'staged' : 'none';
}

/** Whether it is installed, or lies in a restore point. */
async function wasInstalled(context: NodeContext, manifestHash: Digest): Promise<boolean> {
  if (manifestHashes((await readInstalled(context)).packages).has(manifestHash)) return true;
  const { points } = await listRestorePoints(context);
  return points.some((point) => manifestHashes(point.packages).has(manifestHash));
}
