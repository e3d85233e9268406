/** What worlds need of plans besides the planner: the check of every plan made, and plans of several hops. */
import { topologicalOrder } from '../../src/kernel/graph.ts';
import { digestJson } from '../../src/kernel/digest.ts';
import type { DesiredNode } from '../../src/model/desired.ts';
import type { InstalledPackage, Observed } from '../../src/model/observed.ts';
import type { Plan, PlanStep } from '../../src/model/plan.ts';
import { constraints, planOf } from './plans.ts';
import { installed, release } from './fleet-fixture.ts';

/** Every need is an earlier step, no step stands twice, there is no circle. */
export function planProblems({ steps }: Plan): string[] {
  const problems: string[] = [];
  const seen = new Set<string>();
  for (const { id, needs } of steps) {
    if (seen.has(id)) problems.push(`step ${id} stands twice`);
    for (const need of needs) if (!seen.has(need)) problems.push(`${id} stands before ${need}, which it needs`);
    seen.add(id);
  }
  const sorted = topologicalOrder(new Map(steps.map(({ id, needs }) => [id, needs])));
  if ('cycle' in sorted) problems.push(`steps need each other: ${sorted.cycle.join(', ')}`);
  return problems;
}

export interface Hops {
  readonly via: string;
  readonly to: string;
  readonly maxUnavailable?: number;
  readonly sizes: readonly number[];
}

/**
 * Every node in two steps, `via` first. The planner refuses to go over two minors at once, but a plan file may hold
 * such steps, and whoever carries it out keeps the skew between them.
 */
export function hopPlan(observed: Observed, nodes: readonly DesiredNode[], hops: Hops): Plan {
  const { via, to, maxUnavailable = 1 } = hops;
  const steps: PlanStep[] = [];
  const seen = new Map(observed.nodes.map((one) => [one.name, one]));
  for (const { name } of nodes) {
    const one = seen.get(name);
    if (one?.reachable !== true) continue;
    const now = one.packages['db'];
    if (now?.version === to) continue;
    const ways = now?.version === via ? [to] : [via, to];
    let before = one.packages;
    let needs: string[] = [];
    for (const version of ways) {
      const step = { ...hop(name, before, version, needs), ...(version === to ? {} : { hop: 1 }) };
      steps.push(step);
      before = step.after.packages!;
      needs = [step.id];
    }
  }
  const sizes: Record<string, number> = {};
  for (const [index, size] of hops.sizes.entries()) sizes[`c${index}`] = size;
  return planOf(steps, constraints({ maxUnavailable, sizes }), { targetDigest: digestJson({ version: to }) });
}

function hop(
  name: string,
  packages: Readonly<Record<string, InstalledPackage>>,
  version: string,
  needs: readonly string[],
): PlanStep {
  const restorePoint = `before-${name}-${version.replaceAll('.', '-')}`;
  return {
    id: `${name}/update/${version}`,
    kind: 'node-update',
    target: `node/${name}`,
    before: { packages },
    after: { packages: { db: installed(release('db', version)) } },
    reason: 'test',
    needs,
    stage: 1,
    undo: { kind: 'restore', restorePoint },
    params: { packages: ['db'], restorePoint, healthTimeoutMs: 30_000 },
  };
}
