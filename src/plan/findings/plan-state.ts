/**
 * Findings about the state of the fleet as a whole: who did not answer, who is busy, what was forbidden.
 */
import type { NodeWork } from '../change/node-work.ts';
import type { PlanInputs } from '../plan-inputs.ts';
import type { Notes } from './notes.ts';

export function notePlanState(inputs: PlanInputs, works: readonly NodeWork[], notes: Notes): void {
  for (const work of works) if (work.inScope) noteNode(work, notes);
  const { record, digests } = inputs;
  const quarantined = record.quarantine.find((entry) => entry.target === digests.targetDigest);
  if (quarantined !== undefined) {
    notes.note('targetQuarantined', {
      summary: `This target was rolled back at ${quarantined.at} and is in quarantine: ${quarantined.reason}`,
      fix: 'Change the desired state, or lift the quarantine with `themis resume`.',
    });
  }
  if (record.suspended !== null) {
    const { at, by, reason } = record.suspended;
    notes.note('fleetSuspended', {
      summary: `The fleet was suspended at ${at} by ${by}: ${reason}`,
      fix: 'Lift it with `themis resume`.',
    });
  }
}

function noteNode({ node, observed }: NodeWork, notes: Notes): void {
  if (observed === undefined) {
    notes.gather('nodeNotObserved', '', node.name, (names) => ({
      summary: `The observation does not hold ${names}; the plan is incomplete.`,
      fix: 'Observe the fleet again with `themis observe`.',
    }));
    return;
  }
  if (!observed.reachable) {
    const { failure } = observed;
    notes.gather(
      'nodeUnreachable',
      `${failure.code} ${failure.message.replaceAll(node.name, '')}`,
      node.name,
      (names) => ({
        summary: `${names} could not be observed, so the plan is incomplete: ${failure.message}`,
        fix: failure.hint ?? `Bring it back, or leave it out with \`--exclude node/${node.name}\`.`,
      }),
    );
    return;
  }
  if (observed.operation === null) return;
  const { state, kind } = observed.operation;
  const what = kind === 'update' ? 'an update' : 'a rollback';
  notes.gather('operationOpen', `${kind} ${state}`, node.name, (names, count) => {
    const verb = count === 1 ? ['is', 'has'] : ['are', 'have'];
    const now = state === 'running' ? `${verb[0]} in the middle of ${what}` : `${verb[1]} ${what} that was cut off`;
    return {
      summary: `${names} ${now}; it is finished or taken back before anything else.`,
      fix: '`themis apply` does that first; on the node, `themis node recover` does.',
    };
  });
}
