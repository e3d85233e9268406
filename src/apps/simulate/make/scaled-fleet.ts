import { compareText } from '../../../kernel/finding.ts';
import type { Desired, DesiredNode } from '../../../model/desired.ts';

export interface ScaledFleet {
  readonly desired: Desired;
  /** By node: the one of the desired state that it was made after. */
  readonly modelOf: ReadonlyMap<string, string>;
}

/**
 * The same fleet with `count` nodes: its clusters, whole and in turn, with their labels, zones and tenants, until there
 * are enough; only the last one may be cut short. The first round keeps its names, so that stages that name nodes hold.
 */
export function scaledFleet(desired: Desired, count: number | undefined): ScaledFleet {
  const { nodes } = desired.fleet;
  const models = [...Map.groupBy(nodes, (node) => node.cluster)]
    .sort(([a], [b]) => compareText(a, b))
    .flatMap(([, members]) => members);
  const wanted = count ?? nodes.length;
  const made: DesiredNode[] = [];
  const modelOf = new Map<string, string>();
  const rounds = Math.ceil(wanted / models.length);
  const width = String(rounds).length;
  for (let round = 1; made.length < wanted; round += 1) {
    const ending = round === 1 ? '' : `-${String(round).padStart(width, '0')}`;
    for (const model of models.slice(0, wanted - made.length)) {
      const name = `${model.name}${ending}`;
      made.push({ ...model, name, cluster: `${model.cluster}${ending}` });
      modelOf.set(name, model.name);
    }
  }
  made.sort((a, b) => compareText(a.name, b.name));
  return { desired: { ...desired, fleet: { ...desired.fleet, nodes: made } }, modelOf };
}
