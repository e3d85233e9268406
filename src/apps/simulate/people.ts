/** People as simulations have them: each approves, or consents, a while after being asked. */
import type { Digest } from '../../kernel/digest.ts';
import { parseInstant } from '../../kernel/units/instant.ts';
import type { ApprovalSubject, Desired, DesiredApproval } from '../../model/desired.ts';
import type { RolloutRecord } from '../../model/rollout-record.ts';

/** How long people take; said in the report. */
export const answerMs = 30 * 60_000;

export class People {
  readonly #desired: Desired;
  readonly #target: Digest;
  readonly #consents: readonly DesiredApproval[];
  readonly #consentAtMs: number;
  #stages: readonly DesiredApproval[] = [];
  #given: readonly DesiredApproval[];

  constructor(desired: Desired, target: Digest, startMs: number) {
    this.#desired = desired;
    this.#target = target;
    this.#consentAtMs = startMs + answerMs;
    this.#consents = desired.tenants
      .filter(({ policy }) => policy.consent === 'required' || !policy.autoUpdate)
      .map(({ name }) => this.#approval({ kind: 'tenant', tenant: name }, `consent of ${name}`));
    this.#given = desired.approvals;
  }

  /** What lies in the repository at this instant. */
  approvals({ current }: RolloutRecord, nowMs: number): readonly DesiredApproval[] {
    const { stages } = this.#desired.rollout;
    const approved = stages.flatMap(({ promotion, bakeMs }, index): number[] => {
      const completed = current?.target === this.#target ? current.stages[index]?.completedAt : undefined;
      if (promotion === 'gate' || completed === undefined || completed === null) return [];
      return nowMs >= parseInstant(completed)! + bakeMs + answerMs ? [index + 1] : [];
    });
    if (approved.length !== this.#stages.length) {
      this.#stages = approved.map((stage) => this.#approval({ kind: 'stage', stage }, `stage ${stage}`));
      this.#given = [];
    }
    const consents = nowMs >= this.#consentAtMs ? this.#consents : [];
    const count = this.#desired.approvals.length + consents.length + this.#stages.length;
    if (this.#given.length !== count) this.#given = [...this.#desired.approvals, ...consents, ...this.#stages];
    return this.#given;
  }

  #approval(subject: ApprovalSubject, reason: string): DesiredApproval {
    const name = reason.replaceAll(' ', '-');
    return { name, target: this.#target, subject, by: 'simulation', reason, expiresAt: undefined };
  }
}
