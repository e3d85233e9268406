/**
 * What this node has had installed: that may come back, whatever its counter, its offer or the index say by now, so
 * that repair and rollback work. A manifest hash names every byte, so nothing else can come in that way. That something
 * lies in the downloads says nothing: what was only staged is offered by an index that is believed now, or not at all.
 */
import type { Digest } from '../../kernel/digest.ts';
import type { NodeContext } from '../context.ts';
import type { History } from '../deps.ts';
import { manifestHashes, readInstalled } from '../state/installed.ts';
import { listRestorePoints } from '../state/restore-points.ts';

export async function historyOf(context: NodeContext, manifestHash: Digest): Promise<History> {
  if (manifestHashes((await readInstalled(context)).packages).has(manifestHash)) return 'installed';
  const { points } = await listRestorePoints(context);
  return points.some((point) => manifestHashes(point.packages).has(manifestHash)) ? 'kept' : 'none';
}
