/**
 * Anti-rollback: a release whose counter is below the highest one committed to is refused, signed or not, unless the node
 * ran exactly that release and can still return to it.
 */
import type { Digest } from '../../kernel/digest.ts';
import { ThemisError } from '../../kernel/error.ts';
import type { ReleaseManifest } from '../../model/release.ts';
import type { NodeContext } from '../context.ts';
import { manifestHashes, readInstalled } from './installed.ts';
import type { NodeRecord } from './node-record.ts';
import { listRestorePoints } from './restore-points.ts';

/** POLICY_REFUSED. */
export function refuseOlder({ counters }: NodeRecord, manifest: ReleaseManifest): void {
  const { package: name, version, counter } = manifest;
  const floor = Object.hasOwn(counters, name) ? (counters[name] ?? 0) : 0;
  if (counter >= floor) return;
  throw new ThemisError('POLICY_REFUSED', `${name} ${version} has counter ${counter}; this node has seen ${floor}.`, {
    hint: 'An older release comes back through a restore point only: themis rollback',
  });
}

/** Whether it is installed, or lies in a restore point. */
export async function wasInstalled(context: NodeContext, manifestHash: Digest): Promise<boolean> {
  if (manifestHashes((await readInstalled(context)).packages).has(manifestHash)) return true;
  const { points } = await listRestorePoints(context);
  return points.some((point) => manifestHashes(point.packages).has(manifestHash));
}
