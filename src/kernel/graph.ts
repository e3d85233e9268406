/**
 * Directed graphs over string ids, given as "node → the nodes it needs". Deterministic: ties break by
 * the order in which ids are listed, so sort them first where listing order carries no meaning.
 */
export type Needs = ReadonlyMap<string, readonly string[]>;

/**
 * Ids so that each stands after all it needs (Kahn 1962), or the first cycle found as a closed walk
 * (`[a, b, a]`). Needs that are not ids of the graph are ignored. Linear in nodes and edges.
 */
export function topologicalOrder(needs: Needs): { order: string[] } | { cycle: string[] } {
  const missing = new Map<string, number>();
  const dependents = new Map<string, string[]>();
  for (const [id, list] of needs) {
    let count = 0;
    for (const need of list) {
      if (!needs.has(need)) continue;
      count += 1;
      const known = dependents.get(need);
      if (known === undefined) dependents.set(need, [id]);
      else known.push(id);
    }
    missing.set(id, count);
  }
  const order: string[] = [];
  for (const [id, count] of missing) if (count === 0) order.push(id);
  for (let index = 0; index < order.length; index += 1) {
    for (const dependent of dependents.get(order[index]!) ?? []) {
      const left = missing.get(dependent)! - 1;
      missing.set(dependent, left);
      if (left === 0) order.push(dependent);
    }
  }
  if (order.length === needs.size) return { order };
  return { cycle: findCycle(needs, missing) };
}

function findCycle(needs: Needs, missing: ReadonlyMap<string, number>): string[] {
  const start = [...missing].find(([, count]) => count > 0)![0];
  const walk: string[] = [];
  const seenAt = new Map<string, number>();
  let current = start;
  while (!seenAt.has(current)) {
    seenAt.set(current, walk.length);
    walk.push(current);
    current = needs.get(current)!.find((need) => (missing.get(need) ?? 0) > 0)!;
  }
  return [...walk.slice(seenAt.get(current)!), current];
}
