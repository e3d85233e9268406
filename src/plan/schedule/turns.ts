/** What schedule and deferral ask about the steps of a plan. */
import { promoteParams } from '../../actions/stage-promote.ts';
import type { PlanStep } from '../../model/plan.ts';
import type { NodeWindows, WindowAnswer, WindowRequest } from '../../windows/window-answer.ts';
import type { SchemaTiming } from '../schema/plan-schema.ts';

/** A node step with what its start depends on. */
export interface Turn {
  readonly cluster: string;
  readonly leads: boolean;
  readonly estimateMs: number;
  /** The switch and, should that go wrong, its rollback. */
  readonly needMs: number;
  /** Tenants that restrict when the node may be touched; empty: always. Equal lists are the same list. */
  readonly tenants: readonly string[];
  readonly critical: boolean;
}

export interface TurnInputs {
  /** In plan order. */
  readonly steps: readonly PlanStep[];
  /** Of a node step, by its id. */
  readonly turnOf: (step: string) => Turn;
  readonly windows: NodeWindows;
  /** Of the steps in databases; undefined where there are none. */
  readonly schema: SchemaTiming | undefined;
  /** The planning instant; offsets count from here. */
  readonly atMs: number;
}

/** How long a step without a turn takes: a gate, or the work in a database. */
export function unturnedMs(step: PlanStep, schema: SchemaTiming | undefined): number {
  if (step.kind === 'stage-promote') return promoteParams(step).bakeMs;
  return schema?.estimateOf(step.id) ?? 0;
}

export function isNodeStep({ kind }: PlanStep): boolean {
  return kind.startsWith('node-');
}

/** From when on a step may start; `fromMs` and what is answered are milliseconds since the epoch. */
export function askWindow({ windows }: TurnInputs, turn: Turn, fromMs: number): WindowAnswer {
  const { tenants, needMs, critical } = turn;
  if (tenants.length > 0) return windows.answer({ tenants, fromMs, needMs, critical });
  return { kind: 'open', startMs: fromMs, opensAtMs: null, closesAtMs: null, because: null };
}

/** Remembers the last answer for each list of tenants: the nodes of a stage ask the same at the same time. */
export function rememberLast(windows: NodeWindows): NodeWindows {
  const last = new Map<readonly string[], { readonly request: WindowRequest; readonly answer: WindowAnswer }>();
  return {
    answer(request) {
      const known = last.get(request.tenants);
      if (known !== undefined && isSame(known.request, request)) return known.answer;
      const answer = windows.answer(request);
      last.set(request.tenants, { request, answer });
      return answer;
    },
  };
}

function isSame(a: WindowRequest, b: WindowRequest): boolean {
  return a.fromMs === b.fromMs && a.needMs === b.needMs && a.critical === b.critical;
}
