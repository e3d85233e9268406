/**
 * What a node reports. Writes nothing, holds no lock (it only looks whether one is held), and says what it can even
 * while an operation is at work.
 */
import { toFailure } from '../kernel/error.ts';
import type { Failure } from '../kernel/outcome.ts';
import type { OpenOperation, ReachableNode } from '../model/observed.ts';
import { toTrustError } from '../trust/refusal.ts';
import type { NodeContext } from './context.ts';
import { findDrift } from './drift.ts';
import { readOpen } from './operation/open-operation.ts';
import { specOf } from './operation/operation.ts';
import { stagedHashes } from './operation/staged-release.ts';
import { probe } from './probe.ts';
import { readInstalled, toPackages } from './state/installed.ts';
import { isLocked } from './state/lock.ts';
import { type NodeRecord, readRecord } from './state/node-record.ts';
import { listRestorePoints } from './state/restore-points.ts';
import { readTrust } from './trust/trust-files.ts';

/** `full`: hash every file, whatever the stat cache says. */
export async function observe(context: NodeContext, full: boolean): Promise<ReachableNode> {
  const record = await readRecord(context);
  const installed = await readInstalled(context);
  const { points } = await listRestorePoints(context);
  const { health, role, replication } = await probe(context);
  const refusing = await refusalOf(context, record);
  return {
    name: context.config.name,
    reachable: true,
    platform: context.platform,
    architecture: context.architecture,
    packages: toPackages(installed.packages),
    drift: await findDrift(context, installed, full),
    health,
    role,
    ...(replication === undefined ? {} : { replication }),
    disk: await context.files.freeSpace(context.layout.install),
    memory: context.machine.memory(),
    restorePoints: points
      .filter((point) => !point.temporary)
      .map(({ id, createdAt, packages, sizeBytes }) => ({
        id,
        createdAt,
        packages: toPackages(packages),
        sizeBytes,
      })),
    staged: await stagedHashes(context),
    operation: await openOperation(context),
    store: record.store,
    highestToken: record.highestToken,
    ...(refusing === undefined ? {} : { refusing }),
  };
}

async function refusalOf(context: NodeContext, record: NodeRecord): Promise<Failure | undefined> {
  try {
    const refusal = context.checkTrust(await readTrust(context, record));
    return refusal === undefined ? undefined : toFailure(toTrustError(refusal, context.layout.trust));
  } catch (error) {
    return toFailure(error);
  }
}

async function openOperation(context: NodeContext): Promise<OpenOperation | null> {
  const entries = await readOpen(context);
  if (entries === null) return null;
  const { operation, kind } = specOf(entries);
  const token = entries.at(-1)?.token ?? 0;
  return { id: operation, kind, state: (await isLocked(context)) ? 'running' : 'interrupted', token };
}
