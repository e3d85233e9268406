/**
 * The snapshot file: everything a plan is made from besides Desired. `observe --out` writes it, `plan --observed` reads
 * it. One node a line, so that a difference between two snapshots is read node by node. Readers ignore unknown fields,
 * refuse an unknown major version, and check every field they use: a snapshot may have been edited by hand.
 */
import { compareText } from '../kernel/finding.ts';
import type { Finding } from '../kernel/finding.ts';
import { isJsonObject } from '../kernel/json.ts';
import type { Shape } from '../kernel/shape.ts';
import {
  anyObject,
  describeProblem,
  digest,
  flag,
  instant,
  listOf,
  matching,
  nullOr,
  objectOf,
  oneOf,
  text,
  wholeNumber,
} from '../kernel/shape.ts';
import type { ObservedNode, Snapshot } from '../model/observed.ts';
import { normaliseNode } from './collect-observed.ts';
import { architecture, observedNode, platform, safePath, semanticVersion } from './observed-shape.ts';

/** Ends with a line feed. */
export function encodeSnapshot(snapshot: Snapshot): string {
  const { formatVersion, fleet, takenAt, observed, catalogue, record } = snapshot;
  const head = JSON.stringify({ formatVersion, fleet, takenAt }).slice(0, -1);
  const nodes = observed.nodes.map((node) => JSON.stringify(node)).join(',\n');
  const releases = catalogue.releases.map((release) => JSON.stringify(release)).join(',\n');
  return (
    `${head},\n"observed":{"nodes":[\n${nodes}\n]},\n"catalogue":{"releases":[\n${releases}\n],` +
    `"yanked":${JSON.stringify(catalogue.yanked)}},\n"record":${JSON.stringify(record)}}\n`
  );
}

export function parseSnapshot(
  source: string,
  file = 'snapshot',
): { readonly snapshot: Snapshot } | { readonly findings: readonly Finding[] } {
  let value: unknown;
  try {
    value = JSON.parse(source);
  } catch (error) {
    return refused('THM3091', `${file} is not JSON: ${(error as Error).message}.`, file);
  }
  const version = isJsonObject(value) ? value['formatVersion'] : undefined;
  if (typeof version !== 'string' || !/^\d+\.\d+$/u.test(version)) {
    return refused('THM3092', `${file} is not a snapshot: it has no formatVersion.`, file);
  }
  if (!version.startsWith('1.')) {
    return refused('THM3092', `${file} has snapshot format ${version}; this Themis reads 1.x.`, file);
  }
  const problem = snapshotShape(value);
  if (problem !== undefined) return refused('THM3093', `${file}: ${describeProblem(problem, 'the snapshot')}.`, file);
  const snapshot = value as Snapshot;
  const nodes = sortNodes(snapshot.observed.nodes);
  const twice = nodes.find((node, index) => index > 0 && nodes[index - 1]!.name === node.name);
  if (twice !== undefined) return refused('THM3093', `${file} holds node ${twice.name} twice.`, file);
  return { snapshot: { ...snapshot, observed: { nodes: nodes.map(normaliseNode) } } };
}

function sortNodes(nodes: readonly ObservedNode[]): readonly ObservedNode[] {
  const sorted = nodes.every((node, index) => index === 0 || nodes[index - 1]!.name < node.name);
  return sorted ? nodes : [...nodes].sort((a, b) => compareText(a.name, b.name));
}

function refused(code: 'THM3091' | 'THM3092' | 'THM3093', summary: string, file: string): { findings: Finding[] } {
  const fix = 'Take a new snapshot with `themis observe --out FILE`.';
  return { findings: [{ severity: 'error', code, summary, fix, source: { file, line: 1, col: 1 } }] };
}

const hex = matching((value) => /^[0-9a-f]{64}$/u.test(value), '64 hex digits');
const mode = matching((value) => /^[0-7]{4}$/u.test(value), 'four octal digits');

const release = objectOf({
  schemaVersion: oneOf(1),
  product: text,
  package: text,
  version: semanticVersion,
  counter: wholeNumber,
  expiresAt: nullOr(instant),
  platform,
  architecture,
  files: listOf(
    objectOf({
      path: safePath,
      type: oneOf('executable', 'library', 'config', 'data'),
      sha256: hex,
      sizeBytes: wholeNumber,
      permissions: mode,
    }),
  ),
  dependencies: listOf(objectOf({ package: text, versionConstraint: text, optional: flag, conflicts: listOf(text) })),
  minUpgradeFrom: nullOr(semanticVersion),
  dataSchemaVersion: wholeNumber,
  manifestHash: digest,
});

const stage = objectOf({ nodes: listOf(text), completedAt: nullOr(instant), promotedAt: nullOr(instant) });

const record = objectOf({
  current: nullOr(objectOf({ target: digest, startedAt: instant, stages: listOf(stage) })),
  quarantine: listOf(objectOf({ target: digest, at: instant, reason: text })),
  suspended: nullOr(objectOf({ at: instant, by: text, reason: text })),
  verdicts: listOf(anyObject),
  estimates: objectOf({ updateMs: nullOr(wholeNumber), rollbackMs: nullOr(wholeNumber) }),
});

const snapshotShape: Shape = objectOf({
  fleet: objectOf({ name: text, uid: text }),
  takenAt: instant,
  observed: objectOf({ nodes: listOf(observedNode) }),
  catalogue: objectOf({ releases: listOf(release), yanked: listOf(digest) }),
  record,
});
