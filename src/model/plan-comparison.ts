/** What a head plan does differently from a base plan, both made from the same observation: `plan --against`. */
import type { Plan, PlanStep } from './plan.ts';

export interface PlanComparison {
  readonly base: Plan;
  readonly head: Plan;
  /** In the order of the head plan. */
  readonly added: readonly PlanStep[];
  /** In the order of the base plan. */
  readonly removed: readonly PlanStep[];
  readonly changed: readonly { readonly base: PlanStep; readonly head: PlanStep }[];
  readonly unchanged: number;
}
