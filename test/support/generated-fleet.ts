/**
 * Large fleets for benches: clusters of five, mixed versions, every twentieth node drifted, two packages. The same
 * count always gives the same fleet.
 */
import type { DesiredNode } from '../../src/model/desired.ts';
import type { ReachableNode } from '../../src/model/observed.ts';
import type { PlanInputs } from '../../src/plan/plan-inputs.ts';
import { desiredNode, file, observedNode, planInputs, release, rollout, stage } from './fleet-fixture.ts';

function manyFiles(name: string, version: string): ReturnType<typeof file>[] {
  return Array.from({ length: 40 }, (_, index) =>
    file(`bin/${name}-${index}`, index % 3 === 0 ? `${name} ${version}` : name, 1_000_000 + index),
  );
}

const versions = ['1.3.9', '1.4.0', '1.4.2', '1.5.0'] as const;
const servers = versions.map((version) => release('themisdb', version, { files: manyFiles('themisdb', version) }));
const queries = ['1.4.5', '1.5.0'].map((version) =>
  release('themis-query', version, { files: manyFiles('themis-query', version) }),
);

/** Nodes at 1.4.0, 1.4.2 and 1.5.0 beside each other; 1.5.0 is wanted. */
export function generatedFleet(count: number): PlanInputs {
  const nodes: DesiredNode[] = [];
  const observed: ReachableNode[] = [];
  const width = String(count).length;
  for (let index = 0; index < count; index += 1) {
    const name = `node-${String(index).padStart(width, '0')}`;
    const cluster = `cluster-${String(Math.floor(index / 5)).padStart(width, '0')}`;
    nodes.push(desiredNode(name, { cluster, labels: { zone: `zone-${index % 3}` } }));
    const server = servers[1 + (index % 7 === 0 ? 2 : index % 2)]!;
    const query = queries[index % 11 === 0 ? 1 : 0]!;
    observed.push(
      observedNode(name, [server, query], {
        role: index % 5 === 2 ? 'leader' : 'follower',
        drift: index % 20 === 0 ? [{ package: 'themisdb', path: 'bin/themisdb-3', problem: 'changed' }] : [],
        restorePoints: [
          {
            id: `before-${index.toString(16).padStart(12, '0')}`,
            createdAt: '2026-11-01T00:00:00Z',
            packages: {},
            sizeBytes: 1,
          },
        ],
      }),
    );
  }
  const stages = [
    stage(1, { bakeMs: 3_600_000 }),
    stage(5, { bakeMs: 7_200_000 }),
    stage(25, { promotion: 'approval' }),
    stage(100),
  ];
  return planInputs({
    nodes,
    observed,
    releases: [...servers, ...queries],
    wanted: [servers[3]!, queries[1]!],
    rollout: rollout({ stages, order: ['zone=zone-0'] }),
  });
}
