/** Which tenants restrict when a node may be touched: part of what is reviewed, whatever the time and the approvals. */
import type { DesiredNode, DesiredTenant } from '../../model/desired.ts';
import type { Constraint } from '../../model/plan.ts';
import type { PlannedSteps } from '../rollout/plan-steps.ts';

/** Node names to the names of their restricting tenants, sorted; nodes that nobody restricts are absent. */
export type Restrictions = ReadonlyMap<string, readonly string[]>;

export function restrictionsOf(nodes: readonly DesiredNode[], tenants: readonly DesiredTenant[]): Restrictions {
  const restricting = new Set(tenants.filter(restricts).map(({ name }) => name));
  const restrictions = new Map<string, readonly string[]>();
  if (restricting.size === 0) return restrictions;
  // One list for all nodes with the same tenants: what is asked for one of them is answered for all.
  const lists = new Map<string, readonly string[]>();
  for (const { name, tenants: names } of nodes) {
    const own = names.filter((tenant) => restricting.has(tenant));
    if (own.length === 0) continue;
    const key = own.join('\n');
    if (!lists.has(key)) lists.set(key, own);
    restrictions.set(name, lists.get(key)!);
  }
  return restrictions;
}

function restricts({ windows, blackouts, policy }: DesiredTenant): boolean {
  const { autoUpdate, consent, noticeLeadTimeMs } = policy;
  return windows.length + blackouts.length + noticeLeadTimeMs > 0 || consent === 'required' || !autoUpdate;
}

/** One for each restricted node that has a step, in the order of their first steps' names. */
export function windowConstraints({ placedOf }: PlannedSteps, restrictions: Restrictions): readonly Constraint[] {
  const constraints = new Map<string, Constraint>();
  for (const { work } of placedOf.values()) {
    const { name, cluster } = work.node;
    const tenants = restrictions.get(name);
    if (tenants !== undefined) constraints.set(name, { kind: 'window', cluster, node: name, tenants });
  }
  return [...constraints.keys()].sort().map((name) => constraints.get(name)!);
}
