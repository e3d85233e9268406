/** What `themis approve` was asked to approve, held against the fleet. */
import { didYouMean } from '../../../kernel/did-you-mean.ts';
import { ThemisError } from '../../../kernel/error.ts';
import type { ApprovalSubject, Desired } from '../../../model/desired.ts';
import { asksForConsent } from '../../../windows/terms.ts';
import { unknownTenant } from './unknown-tenant.ts';

const forms = 'stage/N, tenant/NAME or emergency';

/** `stage/3`, `tenant/NAME`, `emergency`; USAGE for everything else, and for what the fleet does not have. */
export function parseSubject(what: string, desired: Desired): ApprovalSubject {
  if (what === 'emergency') return { kind: 'emergency' };
  const [, kind = '', name = ''] = /^([^/]*)\/(.*)$/su.exec(what) ?? [];
  if (kind === 'stage') return { kind, stage: stageOf(name, desired.rollout.stages.length) };
  if (kind === 'tenant') return { kind, tenant: tenantOf(name, desired) };
  if (kind === 'step') {
    throw new ThemisError('USAGE', 'Approvals of steps are not acted on yet: no step waits for one', {
      hint: 'Approve the stage that the step belongs to: stage/N.',
    });
  }
  const near = didYouMean(kind === '' ? what : kind, ['stage', 'tenant', 'emergency']);
  const hint = near === undefined ? undefined : `Did you mean ${near === 'emergency' ? near : `${near}/${name}`}?`;
  throw new ThemisError('USAGE', `WHAT is ${forms}, not "${what}"`, hint === undefined ? {} : { hint });
}

function stageOf(text: string, stages: number): number {
  const stage = Number(text);
  if (/^[1-9]\d*$/u.test(text) && stage <= stages) return stage;
  const hint = stages === 1 ? 'The rollout has one stage, stage/1.' : `The rollout has stage/1 to stage/${stages}.`;
  throw new ThemisError('USAGE', `There is no stage "${text}"`, { hint });
}

function tenantOf(name: string, desired: Desired): string {
  const names = desired.tenants.map((one) => one.name);
  if (!names.includes(name)) throw unknownTenant(name, names);
  return name;
}

export function subjectText(subject: ApprovalSubject): string {
  switch (subject.kind) {
    case 'stage':
      return `stage ${subject.stage}`;
    case 'tenant':
      return `the consent of tenant ${subject.tenant}`;
    case 'emergency':
      return 'an emergency';
    case 'step':
      return `step ${subject.step}`;
  }
}

/** An approval that nothing waits for, said where it is made. */
export function approvalNote(subject: ApprovalSubject, { rollout, tenants }: Desired): string | undefined {
  if (subject.kind === 'stage' && rollout.stages[subject.stage - 1]?.promotion === 'gate') {
    return `Note: stage ${subject.stage} of rollout ${rollout.name} is promoted by its gates and waits for no approval.`;
  }
  const tenant = tenants.find(({ name }) => subject.kind === 'tenant' && name === subject.tenant);
  if (tenant !== undefined && !asksForConsent(tenant, false)) {
    return `Note: tenant ${tenant.name} asks for no consent.`;
  }
  return undefined;
}
