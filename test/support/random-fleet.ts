/** Random fleets for properties: clusters of uneven size, mixed versions and packages, drift, leaders, stages, groups. */
import fc from 'fast-check';
import type { DesiredStage } from '../../src/model/desired.ts';
import type { ObservedNode } from '../../src/model/observed.ts';
import type { PlanInputs } from '../../src/plan/plan-inputs.ts';
import { desiredNode, observedNode, planInputs, release, rollout, stage, unreachableNode } from './fleet-fixture.ts';

const servers = ['1.3.9', '1.4.2', '1.5.0'].map((version) => release('themisdb', version));
const queries = ['1.4.5', '1.5.0'].map((version) =>
  release('themis-query', version, {
    dependencies: [{ package: 'themisdb', versionConstraint: '>=1.3', optional: false, conflicts: [] }],
  }),
);
const other = release('backup-tool', '0.9.0');

interface RandomNode {
  readonly cluster: number;
  readonly zone: number;
  readonly server: number;
  readonly query: number;
  readonly drifted: boolean;
  readonly stray: boolean;
  readonly reachable: boolean;
}

const node: fc.Arbitrary<RandomNode> = fc.record({
  cluster: fc.nat(4),
  zone: fc.nat(2),
  /** 0 is rare: it makes a cluster refuse to jump. */
  server: fc.oneof({ weight: 1, arbitrary: fc.constant(0) }, { weight: 20, arbitrary: fc.integer({ min: 1, max: 2 }) }),
  query: fc.integer({ min: -1, max: 1 }),
  drifted: fc.boolean(),
  stray: fc.boolean(),
  reachable: fc.oneof({ weight: 1, arbitrary: fc.constant(false) }, { weight: 20, arbitrary: fc.constant(true) }),
});

const stages: fc.Arbitrary<readonly DesiredStage[]> = fc
  .uniqueArray(fc.integer({ min: 1, max: 99 }), { maxLength: 3 })
  .map((shares) => shares.concat(100).sort((a, b) => a - b))
  .chain((shares) =>
    fc.tuple(
      ...shares.map((percentage) =>
        fc.boolean().map((filled) => stage(percentage, filled ? { atLeast: 1, bakeMs: 1000 } : {})),
      ),
    ),
  );

export const randomFleet: fc.Arbitrary<PlanInputs> = fc
  .record({
    nodes: fc.array(node, { minLength: 1, maxLength: 40 }),
    stages,
    grouped: fc.boolean(),
    maxUnavailable: fc.integer({ min: 1, max: 3 }),
    leading: fc.array(fc.nat(39), { maxLength: 5 }),
  })
  .map(({ nodes, stages, grouped, maxUnavailable, leading }) => {
    const leaders = new Map(leading.map((index) => [nodes[index % nodes.length]!.cluster, index % nodes.length]));
    const nameOf = (index: number): string => `node-${String(index).padStart(2, '0')}`;
    return planInputs({
      nodes: nodes.map((entry, index) =>
        desiredNode(nameOf(index), { cluster: `c${entry.cluster}`, labels: { zone: `z${entry.zone}` } }),
      ),
      observed: nodes.map((entry, index) => observe(nameOf(index), entry, leaders.get(entry.cluster) === index)),
      releases: [...servers, ...queries, other],
      wanted: [servers[2]!, queries[1]!],
      rollout: rollout({ stages, maxUnavailable, order: grouped ? ['zone=z0', 'zone=z1'] : [] }),
    });
  });

function observe(name: string, entry: RandomNode, leads: boolean): ObservedNode {
  if (!entry.reachable) return unreachableNode(name);
  const manifests = [
    servers[entry.server]!,
    ...(entry.query < 0 ? [] : [queries[entry.query]!]),
    ...(entry.stray ? [other] : []),
  ];
  return observedNode(name, manifests, {
    role: leads ? 'leader' : 'follower',
    drift: entry.drifted ? [{ package: 'themisdb', path: 'bin/themisdb', problem: 'changed' }] : [],
  });
}
