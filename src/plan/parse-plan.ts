/**
 * The strict reader of plan files. It refuses what is not JSON, an unknown major version, a field of the wrong shape,
 * parameters that an action's schema does not allow, needs that are not steps or run in a circle, and a seal that does
 * not hold. Unknown fields are kept and ignored. A plan that comes out of here is what was reviewed.
 */
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { ValidateFunction } from 'ajv/dist/2020.js';
import { actions, isActionKind } from '../actions/index.ts';
import { isSchemaStep } from '../actions/schema-step.ts';
import { exitCode, type ExitCode } from '../kernel/exit-code.ts';
import type { Finding, FindingCode } from '../kernel/finding.ts';
import { topologicalOrder } from '../kernel/graph.ts';
import { isJsonObject } from '../kernel/json.ts';
import { describeProblem, readShape } from '../kernel/document/shape.ts';
import type { Plan, PlanStep } from '../model/plan.ts';
import { planShape } from './plan-shape.ts';
import { verifySeal } from './seal.ts';

export type ParsedPlan = { readonly plan: Plan } | { readonly findings: readonly Finding[] };

export function parsePlan(source: string, file = 'plan'): ParsedPlan {
  let value: unknown;
  try {
    value = JSON.parse(source);
  } catch (error) {
    return refused('THM3081', `${file} is not JSON: ${(error as Error).message}.`, file);
  }
  const version = isJsonObject(value) ? value['formatVersion'] : undefined;
  if (typeof version !== 'string' || !/^\d+\.\d+$/u.test(version)) {
    return refused('THM3082', `${file} is not a plan: it has no formatVersion.`, file);
  }
  if (!version.startsWith('1.')) {
    return refused('THM3082', `${file} has plan format ${version}; this Themis reads 1.x.`, file);
  }
  const read = readShape(planShape, value, 1);
  if (!read.ok) return refused('THM3083', `${file}: ${describeProblem(read.problems[0], 'the plan')}.`, file);
  const plan = read.value;
  const wrong = stepProblem(plan.steps);
  if (wrong !== undefined) return refused('THM3083', `${file}: ${wrong}.`, file);
  if (!verifySeal(plan))
    return refused('THM3084', `${file} was altered: its contents do not have its planDigest.`, file);
  return { plan };
}

/** 8 for a plan that was altered; 3 for a file that is none this Themis reads. */
export function refusedPlanExitCode(findings: readonly Finding[]): ExitCode {
  return findings.some(({ code }) => code === 'THM3084') ? exitCode.stale : exitCode.invalid;
}

function refused(code: FindingCode, summary: string, file: string): { findings: Finding[] } {
  const fix = 'Make the plan again with `themis plan --out FILE`.';
  return { findings: [{ severity: 'error', code, summary, fix, source: { file, line: 1, col: 1 } }] };
}

function stepProblem(steps: readonly PlanStep[]): string | undefined {
  const checks = paramsChecks();
  const needs = new Map<string, readonly string[]>();
  for (const step of steps) {
    if (needs.has(step.id)) return `step ${step.id} appears twice`;
    needs.set(step.id, step.needs);
    if (!isActionKind(step.kind)) return `step ${step.id} has the unknown kind ${String(step.kind)}`;
    if (!checks.get(step.kind)!(step.params ?? {}))
      return `step ${step.id} has params that ${step.kind} does not allow`;
    const place = step.kind === 'stage-promote' ? 'stage/' : isSchemaStep(step) ? 'database/' : 'node/';
    if (!step.target.startsWith(place)) return `step ${step.id} must act on ${place}..., not on ${step.target}`;
    const { packages } = step.params ?? {};
    if (Array.isArray(packages) && packages.some((name) => step.after.packages?.[String(name)] === undefined)) {
      return `step ${step.id} switches a package that its after does not hold`;
    }
  }
  for (const step of steps) {
    const missing = step.needs.find((need) => !needs.has(need));
    if (missing !== undefined) return `step ${step.id} needs ${missing}, which is no step of the plan`;
  }
  const order = topologicalOrder(needs);
  return 'cycle' in order ? `steps need each other in a circle: ${order.cycle.join(' → ')}` : undefined;
}

let compiled: ReadonlyMap<string, ValidateFunction> | undefined;

/** Compiled at the first plan that is read: planning itself needs none of it. */
function paramsChecks(): ReadonlyMap<string, ValidateFunction> {
  if (compiled === undefined) {
    const ajv = new Ajv2020({ strict: true });
    compiled = new Map(actions.map((action) => [action.kind, ajv.compile(action.paramsSchema)]));
  }
  return compiled;
}
