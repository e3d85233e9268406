import type { LintRule } from '../rule.ts';
import { irreversibleIn, riskyIn, turnOf } from './phase-of.ts';

/** A rollback ends at what cannot be undone, with half of the migration in place. */
export const irreversibleFirst: LintRule = {
  code: 'THM7237',
  name: 'irreversible-first',
  severity: 'warning',
  *check({ operations, onFailure }) {
    if (onFailure !== 'rollback') return;
    for (const operation of operations) {
      const point = irreversibleIn(operation);
      if (point === undefined) continue;
      const turn = turnOf(point.phase, operation.index);
      const risky = operations.find((other) => {
        const risk = riskyIn(other);
        return risk !== undefined && turnOf(risk.phase, other.index) > turn;
      });
      if (risky === undefined) continue;
      yield {
        operation: operation.index,
        summary: `This ${operation.kind} cannot be undone, and ${riskyIn(risky)!.why} comes after it and may fail: rollback would end half way.`,
        fix: 'Put it last, or into a later migration; onFailure: pause stops for a person instead.',
      };
    }
  },
};
