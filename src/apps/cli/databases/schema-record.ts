/** What the rollout record knows of schemas, brought up to date by whoever holds the lock and has seen the whole fleet. */
import { formatInstant } from '../../../kernel/units/instant.ts';
import type { Observed } from '../../../model/observed.ts';
import { noteSchemaProgress } from '../../../plan/schema/schema-progress.ts';
import type { Session } from '../command.ts';
import type { LockedFleet } from '../fleet/locked-fleet.ts';
import { lookAtFleet } from './look-at-fleet.ts';

/** Grace counts from here. Throws FENCED. */
export async function noteSchemas(session: Session, locked: LockedFleet, observed: Observed): Promise<void> {
  const { store, desired } = locked.fleet;
  const record = await store.readRecord();
  const noted = noteSchemaProgress(record, desired, observed, formatInstant(session.clock.nowMs()));
  if (noted !== record) await store.writeRecord(noted, locked.token);
}

/** Looks again first, as it is after a run, and gives back what it saw; a second interrupt is not kept waiting. */
export async function noteSchemasNow(session: Session, locked: LockedFleet): Promise<Observed> {
  const { hard } = session.interrupts;
  const observed = await lookAtFleet(session, locked.fleet, { full: false, signal: hard });
  await noteSchemas(session, locked, observed);
  return observed;
}
