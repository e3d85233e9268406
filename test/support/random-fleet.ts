/**
 * Random fleets for properties: clusters of uneven size, mixed versions and packages up to two minors behind, drift,
 * leaders, stages, groups, gates, tenants with windows, blackouts and consent.
 */
import fc from 'fast-check';
import type { DesiredStage, DesiredTenant } from '../../src/model/desired.ts';
import type { ObservedNode } from '../../src/model/observed.ts';
import type { PlanInputs } from '../../src/plan/plan-inputs.ts';
import {
  desiredNode,
  observedNode,
  planInputs,
  release,
  rollout,
  stage,
  tenant,
  unreachableNode,
} from './fleet-fixture.ts';
import { gate } from './gate-fixture.ts';

const servers = ['1.2.8', '1.3.9', '1.4.2', '1.5.0'].map((version) => release('themisdb', version));
const queries = ['1.4.5', '1.5.0'].map((version) =>
  release('themis-query', version, {
    dependencies: [{ package: 'themisdb', versionConstraint: '>=1.2', optional: false, conflicts: [] }],
  }),
);
const other = release('backup-tool', '0.9.0');

const berlin = 'Europe/Berlin';

/** Some open now, some tonight, some next week, one after a blackout, one asks, one is always open. */
const tenants: readonly DesiredTenant[] = [
  tenant('always', { priority: 'critical' }),
  tenant('nightly', {
    windows: [{ days: ['Friday', 'Saturday', 'Sunday'], from: '22:00', to: '04:00', timezone: berlin }],
  }),
  tenant('weekly', {
    priority: 'low',
    windows: [{ days: ['Wednesday'], from: '01:00', to: '03:00', timezone: 'America/New_York' }],
    policy: { noticeLeadTimeMs: 7_200_000 },
  }),
  tenant('dark', {
    windows: [{ days: ['Sunday'], from: '02:00', to: '02:02', timezone: 'UTC' }],
    blackouts: [{ from: '2026-11-20', to: '2026-12-01', timezone: berlin, reason: 'year end' }],
  }),
  tenant('asking', { policy: { consent: 'required' } }),
];

interface RandomNode {
  readonly tenants: readonly string[];
  readonly cluster: number;
  readonly zone: number;
  readonly server: number;
  readonly query: number;
  readonly drifted: boolean;
  readonly stray: boolean;
  readonly reachable: boolean;
}

const node: fc.Arbitrary<RandomNode> = fc.record({
  tenants: fc.oneof(
    { weight: 3, arbitrary: fc.constant([]) },
    {
      weight: 1,
      arbitrary: fc.subarray(
        tenants.map(({ name }) => name),
        { minLength: 1, maxLength: 2 },
      ),
    },
  ),
  cluster: fc.nat(4),
  zone: fc.nat(2),
  /** The older ones are rarer: they go through hops of their own. */
  server: fc.oneof(
    { weight: 1, arbitrary: fc.integer({ min: 0, max: 1 }) },
    { weight: 5, arbitrary: fc.integer({ min: 2, max: 3 }) },
  ),
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
    gated: fc.boolean(),
    served: fc.boolean(),
    maxUnavailable: fc.integer({ min: 1, max: 3 }),
    leading: fc.array(fc.nat(39), { maxLength: 5 }),
  })
  .map(({ nodes, stages, grouped, gated, served, maxUnavailable, leading }) => {
    const leaders = new Map(leading.map((index) => [nodes[index % nodes.length]!.cluster, index % nodes.length]));
    const nameOf = (index: number): string => `node-${String(index).padStart(2, '0')}`;
    return planInputs({
      nodes: nodes.map((entry, index) =>
        desiredNode(nameOf(index), {
          cluster: `c${entry.cluster}`,
          labels: { zone: `z${entry.zone}` },
          tenants: served ? entry.tenants : [],
        }),
      ),
      observed: nodes.map((entry, index) => observe(nameOf(index), entry, leaders.get(entry.cluster) === index)),
      releases: [...servers, ...queries, other],
      wanted: [servers[3]!, queries[1]!],
      rollout: rollout({
        stages,
        maxUnavailable,
        order: grouped ? ['zone=z0', 'zone=z1'] : [],
        gates: gated ? [gate('errorRate', { max: 0.05 }), gate('latencyP99', { worseBy: 0.1 })] : [],
      }),
      desired: { tenants },
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
