/** What there is to say about time: whose consent is missing, what no window ever fits, and what an emergency opens. */
import { parseInstant } from '../../kernel/units/instant.ts';
import { formatDuration } from '../../kernel/units/duration.ts';
import type { DesiredApproval, DesiredTenant } from '../../model/desired.ts';
import type { PlannedSteps } from '../rollout/plan-steps.ts';
import type { Timeline } from '../schedule/timeline.ts';
import type { PlanInputs } from '../plan-inputs.ts';
import type { Notes } from './notes.ts';

export function noteTimeline(inputs: PlanInputs, planned: PlannedSteps, timeline: Timeline, notes: Notes): void {
  for (const [step, { answer }] of timeline.deferrals.byStep) {
    const placed = planned.placedOf.get(step);
    if (placed === undefined || answer === undefined) continue;
    const { name } = placed.work.node;
    if (answer.kind === 'consent') for (const tenant of answer.tenants) noteConsent(tenant, name, notes);
    if (answer.kind !== 'never') continue;
    const why = answer.blockers.map(({ detail }) => detail).join(' ');
    const need = formatDuration(timeline.turns.get(step)!.needMs);
    notes.gather('windowNever', `${need} ${why}`, name, (names) => ({
      summary: `No window ever fits ${names}: switch and rollback may take ${need}. ${why}`,
      fix: 'Widen a window, end a blackout sooner, or let fewer tenants share the node.',
      address: `tenant/${answer.blockers[0]?.tenant ?? ''}`,
    }));
  }
  notePassing(inputs, planned, timeline, notes);
  if (planned.placedOf.size > 0) noteEmergencies(inputs, notes);
}

function noteConsent(tenant: string, node: string, notes: Notes): void {
  notes.gather('consentMissing', tenant, node, (names, count) => ({
    summary: `${tenant} needs consent: ${names} ${count === 1 ? 'waits' : 'wait'} for it.`,
    fix: `\`themis approve tenant/${tenant}\``,
    address: `tenant/${tenant}`,
  }));
}

/** Who is not asked because a release is critical. */
function notePassing({ desired }: PlanInputs, planned: PlannedSteps, timeline: Timeline, notes: Notes): void {
  const passing = new Map<string, DesiredTenant>(
    desired.tenants
      .filter(({ policy }) => policy.criticalAutoUpdate && (policy.consent === 'required' || !policy.autoUpdate))
      .map((tenant) => [tenant.name, tenant]),
  );
  if (passing.size === 0) return;
  for (const [step, { critical, tenants }] of timeline.turns) {
    if (!critical || timeline.deferrals.byStep.has(step)) continue;
    const { name } = planned.placedOf.get(step)!.work.node;
    for (const tenant of tenants) {
      if (!passing.has(tenant)) continue;
      notes.gather('criticalPasses', tenant, name, (names) => ({
        summary: `A critical release is not held back by the consent of ${tenant}, on ${names}.`,
        address: `tenant/${tenant}`,
      }));
    }
  }
}

function noteEmergencies({ desired, digests, at }: PlanInputs, notes: Notes): void {
  const nowMs = parseInstant(at) ?? 0;
  for (const approval of desired.approvals) {
    if (approval.subject.kind !== 'emergency' || approval.target !== digests.targetDigest) continue;
    noteEmergency(approval, nowMs, notes);
  }
}

function noteEmergency({ name, by, reason, expiresAt }: DesiredApproval, nowMs: number, notes: Notes): void {
  const address = `approval/${name}`;
  if (expiresAt === undefined) {
    notes.note('emergencyInvalid', {
      summary: `Emergency approval ${name} has no expiresAt, so it opens nothing.`,
      fix: 'Set expiresAt.',
      address,
    });
  } else if ((parseInstant(expiresAt) ?? -Infinity) <= nowMs) {
    notes.note('emergencyInvalid', {
      summary: `Emergency approval ${name} expired at ${expiresAt}, so it opens nothing.`,
      fix: 'Remove it, or approve again.',
      address,
    });
  } else {
    notes.note('emergencyOpen', {
      summary: `Emergency approval ${name} of ${by} (${reason}) opens windows, blackouts, consent, notice and stage approvals until ${expiresAt}; skew, quorum, gates and bakes hold.`,
      address,
    });
  }
}
