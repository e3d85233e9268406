/**
 * Whether the nodes allow a step in a database now. The plan has looked at them, but hours may lie between, or a crash:
 * before what nobody can take back every node is asked once more. Pure.
 */
import { schemaParams } from '../../actions/schema-step.ts';
import { parseInstant } from '../../kernel/units/instant.ts';
import type { ObservedNode } from '../../model/observed.ts';
import type { PlanStep } from '../../model/plan.ts';
import type { RolloutRecord } from '../../model/rollout-record.ts';
import { createReach, describeRelease } from '../../plan/schema/release-reach.ts';

/** `silent`: nobody says otherwise, but not every node answers. */
export interface Objection {
  readonly kind: 'against' | 'silent';
  readonly message: string;
}

/** Data and contract wait for a release on every node, an undo until it is on none. */
export function waitsForNodes(step: PlanStep): boolean {
  return step.kind !== 'schema-expand' && schemaParams(step).release !== undefined;
}

/** `nodes`: all of the fleet, just seen. null: they allow it. */
export function objectionOf(
  step: PlanStep,
  nodes: readonly ObservedNode[],
  { schemas }: Pick<RolloutRecord, 'schemas'>,
  nowMs: number,
): Objection | null {
  const { release, migration, graceMs } = schemaParams(step);
  if (release === undefined || !waitsForNodes(step)) return null;
  const [words, reaches, isUndo] = [describeRelease(release), createReach(release), step.kind === 'schema-undo'];
  const other = nodes.find((node) => node.reachable && reaches(node.packages) === isUndo);
  if (other !== undefined) {
    const what = isUndo ? `still has ${words}` : `does not have ${words}`;
    return { kind: 'against', message: `${other.name} ${what}, which ${migration} belongs to.` };
  }
  const silent = nodes.find((node) => !node.reachable);
  if (silent !== undefined) {
    const what = isUndo ? 'no node may have' : 'every node has to report';
    return { kind: 'silent', message: `${silent.name} does not answer, and ${what} ${words} before this.` };
  }
  if (graceMs === 0) return null;
  const since = Object.hasOwn(schemas, migration) ? schemas[migration]!.completeSince : null;
  const sinceMs = since === null ? undefined : parseInstant(since);
  if (sinceMs !== undefined && sinceMs + graceMs <= nowMs) return null;
  return { kind: 'against', message: `The grace of ${migration} counts anew since the plan was made.` };
}
