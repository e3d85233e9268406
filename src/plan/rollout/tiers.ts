/** Priority tiers: a node belongs to the most critical tier of its tenants; one without tenants is normal. */
import type { DesiredNode, DesiredTenant } from '../../model/desired.ts';

const tiers = { critical: 0, normal: 1, low: 2 } as const satisfies Record<DesiredTenant['priority'], number>;

/** Lower goes first. */
export function createTiers(tenants: readonly DesiredTenant[]): (node: DesiredNode) => number {
  const byName = new Map(tenants.map(({ name, priority }) => [name, tiers[priority]]));
  return ({ tenants: names }) => {
    let tier: number | undefined;
    for (const name of names) tier = Math.min(tier ?? tiers.low, byName.get(name) ?? tiers.normal);
    return tier ?? tiers.normal;
  };
}
