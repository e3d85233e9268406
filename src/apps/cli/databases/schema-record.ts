/** What the rollout record knows of schemas, brought up to date by whoever holds the lock and has seen the whole fleet. */
import { collect } from '../../../fleet/collect.ts';
import { formatInstant } from '../../../kernel/units/instant.ts';
import type { Observed } from '../../../model/observed.ts';
import { noteSchemaProgress } from '../../../plan/schema/schema-progress.ts';
import type { Session } from '../command.ts';
import { observeFleetDatabases } from './fleet-databases.ts';
import type { LockedFleet } from '../fleet/locked-fleet.ts';

const observedAtOnce = 32;

/** Nodes and databases as they are after a run; a second interrupt is not kept waiting. */
export async function lookAgain(session: Session, { fleet }: LockedFleet): Promise<Observed> {
  const { transport, desired, directory } = fleet;
  const [observed, databases] = await Promise.all([
    collect(transport, desired.fleet.nodes, {
      parallelism: observedAtOnce,
      full: false,
      signal: session.interrupts.hard,
    }),
    observeFleetDatabases(session, directory, desired),
  ]);
  return { ...observed, databases };
}

/** Grace counts from here. Throws FENCED. */
export async function noteSchemas(session: Session, locked: LockedFleet, observed: Observed): Promise<void> {
  const { store, desired } = locked.fleet;
  const record = await store.readRecord();
  const noted = noteSchemaProgress(record, desired, observed, formatInstant(session.clock.nowMs()));
  if (noted !== record) await store.writeRecord(noted, locked.token);
}
