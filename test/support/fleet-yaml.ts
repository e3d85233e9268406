/** Writes a Desired of the test fleets back as a fleet directory: what a person would have written. */
import { formatLock } from '../../src/desired/format-lock.ts';
import type { SourceFile } from '../../src/kernel/document/source-text.ts';
import type { Desired, DesiredNode, DesiredStage } from '../../src/model/desired.ts';

export function fleetFiles({ fleet, rollout, lock }: Desired): readonly SourceFile[] {
  const lines = [
    'apiVersion: themis.dev/v1',
    'kind: Fleet',
    `metadata: { name: ${fleet.name}, uid: ${fleet.uid} }`,
    'spec:',
    '  packages:',
    ...Object.entries(fleet.packages).map(([name, range]) => `    ${name}: ${JSON.stringify(range)}`),
    '  releases: { directory: ./releases }',
    `  rollout: ${rollout.name}`,
    '  nodes:',
    ...fleet.nodes.map((node) => nodeLines(node).join('\n')),
    '---',
    'apiVersion: themis.dev/v1',
    'kind: Rollout',
    `metadata: { name: ${rollout.name} }`,
    'spec:',
    `  maxUnavailable: ${rollout.maxUnavailable}`,
    `  maxMinorSkew: ${rollout.maxMinorSkew}`,
    ...(rollout.order.length === 0 ? [] : [`  order: ${JSON.stringify(rollout.order)}`]),
    `  health: { timeout: ${rollout.health.timeoutMs / 1000}s }`,
    '  stages:',
    ...rollout.stages.map((stage) => `    - { ${stageFields(stage).join(', ')} }`),
  ];
  const files = [{ path: 'fleet.yaml', text: `${lines.join('\n')}\n` }];
  return lock === undefined ? files : [...files, { path: 'themis.lock.yaml', text: formatLock(lock) }];
}

function nodeLines({ name, cluster, labels, transport }: DesiredNode): string[] {
  if (transport.kind !== 'local') throw new Error('test fleets are local');
  const pairs = Object.entries(labels).map(([key, value]) => `${key}: ${value}`);
  return [
    `    - name: ${name}`,
    `      transport: { local: { root: ${transport.root} } }`,
    `      cluster: ${cluster}`,
    ...(pairs.length === 0 ? [] : [`      labels: { ${pairs.join(', ')} }`]),
  ];
}

function stageFields({ share, atLeast, bakeMs, promotion }: DesiredStage): string[] {
  return [
    share.kind === 'percentage' ? `percentage: ${share.percentage}` : `nodes: [${share.nodes.join(', ')}]`,
    ...(atLeast === undefined ? [] : [`atLeast: ${atLeast}`]),
    ...(bakeMs === 0 ? [] : [`bake: ${bakeMs / 1000}s`]),
    ...(promotion === 'gate' ? [] : [`promotion: ${promotion}`]),
  ];
}
