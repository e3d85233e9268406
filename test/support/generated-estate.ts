/**
 * A large fleet with everything on, for benches: fifty packages with dependencies on every node, some of them two minors
 * behind, five hundred tenants with windows in eight time zones, four stages, label groups, gates. The same count always
 * gives the same fleet.
 */
import type { DesiredNode, DesiredTenant, Weekday } from '../../src/model/desired.ts';
import type { ReachableNode } from '../../src/model/observed.ts';
import type { ReleaseManifest } from '../../src/model/release.ts';
import type { PlanInputs } from '../../src/plan/plan-inputs.ts';
import { desiredNode, file, observedNode, planInputs, release, rollout, stage, tenant } from './fleet-fixture.ts';
import { gate } from './gate-fixture.ts';

const packageCount = 50;
const tenantCount = 500;
const versions = ['1.3.9', '1.4.2', '1.5.0'] as const;
const hour = 3_600_000;

const zones = [
  'America/New_York',
  'America/Sao_Paulo',
  'Europe/London',
  'Europe/Berlin',
  'Africa/Cairo',
  'Asia/Kolkata',
  'Asia/Tokyo',
  'Australia/Sydney',
];
const everyDay: readonly Weekday[] = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];

function packageName(index: number): string {
  return index === 0 ? 'themisdb' : `tool-${String(index).padStart(2, '0')}`;
}

/** Each needs the server, and every other one the package before it. */
function releasesOf(index: number): readonly ReleaseManifest[] {
  const name = packageName(index);
  const needs = [...(index > 0 ? ['themisdb'] : []), ...(index > 1 && index % 2 === 1 ? [packageName(index - 1)] : [])];
  return versions.map((version, age) =>
    release(name, version, {
      files: Array.from({ length: 20 }, (_, at) =>
        file(`bin/${name}-${at}`, at % 3 === 0 ? `${name} ${version}` : name, 200_000 + at),
      ),
      dependencies: needs.map((on) => ({
        package: on,
        versionConstraint: `>=1.${Math.max(3, age + 2)}.0 <1.${age + 5}.0`,
        optional: false,
        conflicts: [],
      })),
    }),
  );
}

function tenantOf(index: number): DesiredTenant {
  const from = (index * 3) % 24;
  const clock = (at: number): string => `${String(at % 24).padStart(2, '0')}:${index % 2 === 0 ? '00' : '30'}`;
  return tenant(`tenant-${String(index).padStart(3, '0')}`, {
    priority: index % 10 === 0 ? 'critical' : index % 10 === 9 ? 'low' : 'normal',
    windows: [{ days: everyDay, from: clock(from), to: clock(from + 8), timezone: zones[index % zones.length]! }],
    blackouts:
      index % 20 === 0
        ? [{ from: '2026-11-23', to: '2026-11-24', timezone: zones[index % zones.length]!, reason: 'release' }]
        : [],
    policy: { noticeLeadTimeMs: index % 4 === 0 ? hour : 0 },
  });
}

/** Clusters of five: one in four has packages two minors behind, the others are one behind. */
export function generatedEstate(count: number): PlanInputs {
  const catalogue = Array.from({ length: packageCount }, (_, index) => releasesOf(index));
  const tenants = Array.from({ length: tenantCount }, (_, index) => tenantOf(index));
  const nodes: DesiredNode[] = [];
  const observed: ReachableNode[] = [];
  const width = String(count).length;
  for (let index = 0; index < count; index += 1) {
    const name = `node-${String(index).padStart(width, '0')}`;
    const group = Math.floor(index / 5);
    const cluster = `cluster-${String(group).padStart(width, '0')}`;
    const labels = { zone: `zone-${index % 3}`, rack: `rack-${group % 40}` };
    const served = tenants[group % tenantCount]!.name;
    nodes.push(desiredNode(name, { cluster, labels, tenants: [served] }));
    const state = group % 12;
    const installed = catalogue.map((list, at) => {
      const behind = state % 4 === 0 && at % 5 === 0;
      const ahead = at % 12 === state && at > 0;
      return list[behind ? 0 : ahead ? 2 : 1]!;
    });
    observed.push(observedNode(name, installed, { role: index % 5 === 2 ? 'leader' : 'follower' }));
  }
  return planInputs({
    nodes,
    observed,
    releases: catalogue.flat(),
    wanted: catalogue.map((list) => list[2]!),
    desired: { tenants },
    rollout: rollout({
      order: ['zone=zone-0'],
      spreadBy: 'rack',
      stages: [
        stage(1, { bakeMs: hour }),
        stage(5, { bakeMs: 2 * hour }),
        stage(25, { bakeMs: 2 * hour, promotion: 'both' }),
        stage(100, { bakeMs: hour }),
      ],
      gates: [
        gate('errorRate', { max: 0.05 }),
        gate('latencyP99', { max: 500, worseBy: 0.1 }),
        gate('cpu', { worseBy: 0.2 }),
      ],
    }),
  });
}
