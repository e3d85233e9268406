/**
 * The real world for `make-plan.ts`: fleet directory and Git, the nodes, the releases, the coordination store.
 */
import { existsSync } from 'node:fs';
import { openGit } from '../../../adapters/git/simple-git.ts';
import { isAlive } from '../../../adapters/process/process-facts.ts';
import { openStore } from '../../../adapters/store/index.ts';
import { stateFile } from '../../../adapters/store/state-directory.ts';
import { desiredDigest, targetDigest } from '../../../desired/digests.ts';
import { experimentalFindings } from '../../../desired/experimental.ts';
import { withFrames } from '../../../desired/locate-findings.ts';
import { formatInstant } from '../../../kernel/units/instant.ts';
import type { Desired } from '../../../model/desired.ts';
import type { Snapshot } from '../../../model/observed.ts';
import { emptyRecord, type RolloutRecord } from '../../../model/rollout-record.ts';
import type { Store } from '../../../ports/store.ts';
import { createNodeTransport } from '../../agent/node-deps.ts';
import { loadCatalogue } from '../reading/catalogue.ts';
import type { Session } from '../command.ts';
import { lookAtFleet } from '../databases/look-at-fleet.ts';
import { loadDesired } from '../reading/load-desired.ts';
import { readTextFile } from '../reading/text-file.ts';
import type { PlanSources } from './make-plan.ts';

export function createPlanSources(session: Session): PlanSources {
  return {
    async loadFleet(directory, revision) {
      const { desired, findings, files, source } = await loadDesired(directory, openGit(), revision);
      return { desired, findings: withFrames(findings, files), source };
    },
    observe: (directory, desired) => takeSnapshot(session, directory, desired),
    readText: readTextFile,
    digests: (desired) => ({ desiredDigest: desiredDigest(desired), targetDigest: targetDigest(desired) }),
    unusedFindings: experimentalFindings,
  };
}

export interface SnapshotOptions {
  /** Hash every file, whatever a node's stat cache says. */
  readonly full?: boolean;
  /** Given by who holds the store open already. */
  readonly record?: RolloutRecord;
}

/** Everything a plan is made from besides Desired. */
export async function takeSnapshot(
  session: Session,
  directory: string,
  desired: Desired,
  options: SnapshotOptions = {},
): Promise<Snapshot> {
  const transport = createNodeTransport(directory, session);
  const looking = { full: options.full ?? false, signal: session.interrupts.soft };
  const [observed, catalogue, record] = await Promise.all([
    lookAtFleet(session, { directory, desired, transport }, looking),
    loadCatalogue(desired, directory, session),
    options.record ?? readRecord(session, desired),
  ]);
  const { name, uid } = desired.fleet;
  return {
    formatVersion: '1.0',
    fleet: { name, uid },
    takenAt: formatInstant(session.clock.nowMs()),
    observed,
    catalogue,
    record,
  };
}

export function openFleetStore(session: Session, desired: Desired): Store {
  const { environment, clock } = session;
  return openStore(desired.fleet.coordination, { environment, fleetUid: desired.fleet.uid, clock, isAlive });
}

/** Reading does not make a store: a plan leaves no trace on a machine that never applied. */
export async function readRecord(session: Session, desired: Desired): Promise<RolloutRecord> {
  const { fleet } = desired;
  if (fleet.coordination.kind === 'sqlite' && !existsSync(stateFile(session.environment, fleet.uid)))
    return emptyRecord;
  const store = openFleetStore(session, desired);
  try {
    return await store.readRecord();
  } finally {
    await store.close();
  }
}
