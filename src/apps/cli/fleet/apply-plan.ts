/**
 * Which plan an `apply` carries out, decided under the lock: one that an earlier run left open, a saved one that still
 * holds, or a new one. Nothing here touches a node.
 */
import { ThemisError } from '../../../kernel/error.ts';
import { formatInstant, parseInstant } from '../../../kernel/units/instant.ts';
import type { JournalEntry } from '../../../model/journal.ts';
import type { Snapshot } from '../../../model/observed.ts';
import type { Plan } from '../../../model/plan.ts';
import type { RolloutRecord } from '../../../model/rollout-record.ts';
import type { ScopeRequest } from '../../../plan/plan-inputs.ts';
import { planDigestOf } from '../../../plan/seal.ts';
import type { ExecutionSummary } from '../../../ports/store.ts';
import { loadCatalogue } from '../reading/catalogue.ts';
import type { Session } from '../command.ts';
import type { FleetSession } from './fleet-session.ts';
import type { LockedFleet } from './locked-fleet.ts';
import { makePlan } from './make-plan.ts';

export interface ChosenPlan {
  readonly plan: Plan;
  readonly record: RolloutRecord;
  readonly membership?: readonly (readonly string[])[];
  /** An execution that was left open and that this plan replaces. */
  readonly replaces?: { readonly execution: string; readonly why: string };
  readonly resume?: { readonly header: ExecutionSummary; readonly journal: readonly JournalEntry[] };
}

/** Throws STALE_PLAN when a saved plan no longer holds. */
export async function choosePlan(session: Session, locked: LockedFleet, saved: Plan | undefined): Promise<ChosenPlan> {
  const { store } = locked.fleet;
  const record = await store.readRecord();
  const open = await store.openExecutionOf();
  if (open !== null) {
    const plan = await store.readPlan(open.id);
    if (goesOn(open, plan, saved, locked.fleet, session)) {
      if (plan.targetDigest !== locked.fleet.digests.targetDigest) throw targetMoved();
      const journal = await store.readJournal(open.id);
      const better = saved === undefined ? await putOffLess(session, locked, record, plan, journal) : undefined;
      if (better === undefined) return { plan, record, resume: { header: open, journal } };
      return { ...better, replaces: { execution: open.id, why: 'that defers less' } };
    }
  }
  const chosen = await freshPlan(session, locked, record, saved);
  if (open === null) return chosen;
  const same = chosen.plan.targetDigest === open.targetDigest;
  return { ...chosen, replaces: { execution: open.id, why: same ? 'of the same target' : 'of another target' } };
}

/**
 * What a plan deferred is not its to carry out. Where consent came since, or an emergency, a new plan does more than
 * the one left open would; undefined: it does not, or what was done is being taken back.
 */
async function putOffLess(
  session: Session,
  locked: LockedFleet,
  record: RolloutRecord,
  { deferred }: Plan,
  journal: readonly JournalEntry[],
): Promise<ChosenPlan | undefined> {
  if (deferred.length === 0 || journal.some(({ event }) => event === 'turn')) return undefined;
  const fresh = await freshPlan(session, locked, record, undefined);
  const steps = new Set(fresh.plan.steps.map(({ id }) => id));
  const still = new Set(fresh.plan.deferred.map(({ step }) => step));
  const frees = deferred.some(({ step }) => steps.has(step) && !still.has(step));
  return frees && fresh.plan.applyable ? fresh : undefined;
}

/** A saved plan goes on only as itself; without one, what is open goes on while target and scope are the same. */
function goesOn(
  open: ExecutionSummary,
  plan: Plan,
  saved: Plan | undefined,
  fleet: FleetSession,
  session: Session,
): boolean {
  if (saved !== undefined) return open.planDigest === saved.planDigest;
  const { targets, excludes, selector } = plan.scope;
  const whole = targets.length === 0 && excludes.length === 0 && selector === session.selector;
  return open.kind === 'apply' && whole && plan.targetDigest === fleet.digests.targetDigest;
}

async function freshPlan(
  session: Session,
  locked: LockedFleet,
  record: RolloutRecord,
  saved: Plan | undefined,
): Promise<ChosenPlan> {
  const { fleet, observed } = locked;
  if (saved !== undefined) refuseStale(saved, fleet, session.clock.nowMs());
  const { name, uid } = fleet.desired.fleet;
  const at = formatInstant(session.clock.nowMs());
  const catalogue = await loadCatalogue(fleet.desired, fleet.directory, session);
  const snapshot: Snapshot = { formatVersion: '1.0', fleet: { name, uid }, takenAt: at, observed, catalogue, record };
  const scope: ScopeRequest = { targets: [], excludes: [], selector: session.selector };
  const made = await makePlan(
    {
      directory: fleet.directory,
      revision: undefined,
      against: undefined,
      observed: undefined,
      scope,
      at,
      anchored: false,
      refreshOnly: false,
      themisVersion: saved?.themisVersion ?? session.themisVersion,
      ...(saved === undefined ? {} : { saved }),
    },
    { ...fleet.sources, observe: () => Promise.resolve(snapshot) },
  );
  if (made.kind === 'invalid') throw new ThemisError('INVALID_DESIRED', 'the desired state became invalid meanwhile');
  const plan = saved === undefined ? made.plan : sameAsSaved(saved, made.plan);
  return { plan, record, membership: made.stages };
}

/**
 * The saved plan as it is made now: what its seal leaves out (schedule, deferral, findings) is not taken from the file.
 * A suspension or quarantine that came since moves nothing; the plan says itself that it may not be carried out.
 */
function sameAsSaved(saved: Plan, made: Plan): Plan {
  const { applyable, errored, createdAt, expiresAt } = saved;
  const same = planDigestOf({ ...made, applyable, errored }) === saved.planDigest;
  if (same && (applyable || !made.applyable)) return { ...made, createdAt, expiresAt };
  throw new ThemisError('STALE_PLAN', 'the fleet is no longer what this plan was made from', {
    hint: 'make the plan again with `themis plan --out FILE` and review what changed',
  });
}

/** What can be said without planning again. */
function refuseStale(saved: Plan, fleet: FleetSession, nowMs: number): void {
  const hint = 'make the plan again with `themis plan --out FILE`';
  if (saved.fleet.uid !== fleet.desired.fleet.uid) {
    throw new ThemisError(
      'STALE_PLAN',
      `this plan is for fleet ${saved.fleet.name}, not for ${fleet.desired.fleet.name}`,
      {
        hint: 'name the directory of that fleet with -C',
      },
    );
  }
  if (saved.desiredDigest !== fleet.digests.desiredDigest) {
    throw new ThemisError('STALE_PLAN', 'the desired state is no longer the one this plan was made from', { hint });
  }
  if ((parseInstant(saved.expiresAt) ?? 0) <= nowMs) {
    throw new ThemisError('STALE_PLAN', `this plan expired at ${saved.expiresAt}`, { hint });
  }
}

function targetMoved(): ThemisError {
  return new ThemisError('STALE_PLAN', 'the target moved while this plan was carried out', {
    hint: 'the nodes in hand have finished; plan again and apply that',
  });
}
