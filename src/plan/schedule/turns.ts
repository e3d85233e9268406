/** What schedule and deferral ask about the steps of a plan. */
import type { PlanStep } from '../../model/plan.ts';
import type { NodeWindows, WindowAnswer } from '../../windows/window-answer.ts';

/** A node step with what its start depends on. */
export interface Turn {
  readonly cluster: string;
  readonly leads: boolean;
  readonly estimateMs: number;
  /** The switch and, should that go wrong, its rollback. */
  readonly needMs: number;
  /** Tenants that restrict when the node may be touched; empty: always. */
  readonly tenants: readonly string[];
  readonly critical: boolean;
}

export interface TurnInputs {
  /** In plan order. */
  readonly steps: readonly PlanStep[];
  /** Of a node step, by its id. */
  readonly turnOf: (step: string) => Turn;
  readonly windows: NodeWindows;
  /** The planning instant; offsets count from here. */
  readonly atMs: number;
}

/** From when on a step may start; `fromMs` and what is answered are milliseconds since the epoch. */
export function askWindow({ windows }: TurnInputs, turn: Turn, fromMs: number): WindowAnswer {
  const { tenants, needMs, critical } = turn;
  if (tenants.length > 0) return windows.answer({ tenants, fromMs, needMs, critical });
  return { kind: 'open', startMs: fromMs, opensAtMs: null, closesAtMs: null, because: null };
}
