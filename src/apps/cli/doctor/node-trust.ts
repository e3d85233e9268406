import { resolve } from 'node:path';
import { ThemisError } from '../../../kernel/error.ts';
import type { DesiredNode } from '../../../model/desired.ts';
import { openNode } from '../../../node/context.ts';
import { readRecord } from '../../../node/state/node-record.ts';
import { readTrust } from '../../../node/trust/trust-files.ts';
import type { TrustFiles } from '../../../node/deps.ts';
import type { Clock } from '../../../ports/clock.ts';
import { createNodeDeps } from '../../agent/node-deps.ts';

/** What a node on this machine believes, or why that is not believed; null for a node that is elsewhere. */
export async function readNodeTrust(
  directory: string,
  node: DesiredNode,
  clock: Clock,
): Promise<TrustFiles | ThemisError | null> {
  if (node.transport.kind !== 'local') return null;
  try {
    const context = await openNode(createNodeDeps(resolve(directory, node.transport.root), clock));
    return await readTrust(context, await readRecord(context));
  } catch (error) {
    if (error instanceof ThemisError) return error;
    throw error;
  }
}
