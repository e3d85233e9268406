/**
 * The snapshot file: everything a plan is made from besides Desired. `observe --out` writes it, `plan --observed` reads
 * it. One node a line, so that a difference between two snapshots is read node by node. Readers ignore unknown fields,
 * refuse an unknown major version, and check every field they use: a snapshot may have been edited by hand.
 */
import { compareText } from '../kernel/finding.ts';
import type { Finding } from '../kernel/finding.ts';
import { isJsonObject } from '../kernel/json.ts';
import {
  describeProblem,
  digest,
  flag,
  instant,
  listOf,
  nullOr,
  objectOf,
  oneOf,
  optional,
  recordOf,
  readShape,
  type Shape,
  text,
  textOf,
  wholeNumber,
} from '../kernel/document/shape.ts';
import type { Observed, Snapshot } from '../model/observed.ts';
import { probeShape } from '../model/release-format/shapes.ts';
import type { Catalogue, ReleaseDependency, ReleaseFile, ReleaseManifest } from '../model/release.ts';
import type {
  Durations,
  Estimates,
  QuarantinedTarget,
  RolloutProgress,
  RolloutRecord,
  SchemaProgress,
  SchemaWork,
  StageProgress,
} from '../model/rollout-record.ts';
import type { VerdictSummary } from '../model/verdict.ts';
import { normaliseNode } from './collect-observed.ts';
import { parseSharing } from './shared-packages.ts';
import { observedDatabase } from './database-shape.ts';
import { architecture, observedNode, platform, safePath, semanticVersion } from './observed-shape.ts';

/** Ends with a line feed. */
export function encodeSnapshot(snapshot: Snapshot): string {
  const { formatVersion, fleet, takenAt, observed, catalogue, record } = snapshot;
  const head = JSON.stringify({ formatVersion, fleet, takenAt }).slice(0, -1);
  const nodes = observed.nodes.map((node) => JSON.stringify(node)).join(',\n');
  const databases = observed.databases.map((database) => `\n${JSON.stringify(database)}`).join(',');
  const releases = catalogue.releases.map((release) => JSON.stringify(release)).join(',\n');
  return (
    `${head},\n"observed":{"nodes":[\n${nodes}\n],"databases":[${databases}]},\n"catalogue":{"releases":[\n${releases}\n],` +
    `"yanked":${JSON.stringify(catalogue.yanked)}},\n"record":${JSON.stringify(record)}}\n`
  );
}

export function parseSnapshot(
  source: string,
  file = 'snapshot',
): { readonly snapshot: Snapshot } | { readonly findings: readonly Finding[] } {
  let value: unknown;
  try {
    value = parseSharing(source);
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
  const read = readShape(snapshotShape, value, 1);
  if (!read.ok) return refused('THM3093', `${file}: ${describeProblem(read.problems[0], 'the snapshot')}.`, file);
  const snapshot = read.value;
  const nodes = inOrder(snapshot.observed.nodes);
  const twice = nodes.find((node, index) => index > 0 && nodes[index - 1]!.name === node.name);
  if (twice !== undefined) return refused('THM3093', `${file} holds node ${twice.name} twice.`, file);
  const databases = inOrder(snapshot.observed.databases ?? []);
  const again = databases.find((one, index) => index > 0 && databases[index - 1]!.name === one.name);
  if (again !== undefined) return refused('THM3093', `${file} holds database ${again.name} twice.`, file);
  const record = { ...snapshot.record, schemas: snapshot.record.schemas ?? {} };
  return { snapshot: { ...snapshot, observed: { nodes: nodes.map(normaliseNode), databases }, record } };
}

function inOrder<T extends { readonly name: string }>(list: readonly T[]): readonly T[] {
  const sorted = list.every((one, index) => index === 0 || list[index - 1]!.name < one.name);
  return sorted ? list : [...list].sort((a, b) => compareText(a.name, b.name));
}

function refused(code: 'THM3091' | 'THM3092' | 'THM3093', summary: string, file: string): { findings: Finding[] } {
  const fix = 'Take a new snapshot with `themis observe --out FILE`.';
  return { findings: [{ severity: 'error', code, summary, fix, source: { file, line: 1, col: 1 } }] };
}

const hex = textOf('64 hex digits', /^[0-9a-f]{64}$/u);
const mode = textOf('four octal digits', /^[0-7]{4}$/u);

/** Of a manifest what planning reads; the rest may stand there and is not looked at. */
type PlannedRelease = Pick<
  ReleaseManifest,
  | 'schemaVersion'
  | 'product'
  | 'package'
  | 'version'
  | 'counter'
  | 'expiresAt'
  | 'platform'
  | 'architecture'
  | 'dependencies'
  | 'minUpgradeFrom'
  | 'dataSchemaVersion'
  | 'manifestHash'
  | 'probes'
> & { readonly files: readonly PlannedFile[] };
type PlannedFile = Pick<ReleaseFile, 'path' | 'type' | 'sha256' | 'sizeBytes' | 'permissions'>;

const release = objectOf<PlannedRelease>({
  schemaVersion: oneOf(1),
  product: text,
  package: text,
  version: semanticVersion,
  counter: wholeNumber,
  expiresAt: nullOr(instant),
  platform,
  architecture,
  files: listOf(
    objectOf<PlannedFile>({
      path: safePath,
      type: oneOf('executable', 'library', 'config', 'data'),
      sha256: hex,
      sizeBytes: wholeNumber,
      permissions: mode,
    }),
  ),
  dependencies: listOf(
    objectOf<ReleaseDependency>({ package: text, versionConstraint: text, optional: flag, conflicts: listOf(text) }),
  ),
  minUpgradeFrom: nullOr(semanticVersion),
  dataSchemaVersion: wholeNumber,
  manifestHash: digest,
  probes: optional(listOf(probeShape)),
}) as Shape<ReleaseManifest>;

const stage = objectOf<StageProgress>({
  nodes: listOf(text),
  completedAt: nullOr(instant),
  promotedAt: nullOr(instant),
});

const wholeNumbers = listOf(wholeNumber);
type OfWork<T> = Readonly<Partial<Record<SchemaWork, T>>>;
const ofWork = <T>(shape: Shape<T>): Shape<OfWork<T>> =>
  objectOf<Record<SchemaWork, T>>({
    expand: optional(shape),
    migrate: optional(shape),
    contract: optional(shape),
    undo: optional(shape),
  } as never) as Shape<OfWork<T>>;

/** Snapshots of older versions say nothing of schemas. */
const record = objectOf<OlderRecord>({
  current: nullOr(
    objectOf<RolloutProgress>({
      target: digest,
      startedAt: instant,
      stages: listOf(stage),
      hops: optional(recordOf(listOf(stage))),
    }),
  ),
  quarantine: listOf(objectOf<QuarantinedTarget>({ target: digest, at: instant, reason: text })),
  suspended: nullOr(objectOf<NonNullable<RolloutRecord['suspended']>>({ at: instant, by: text, reason: text })),
  verdicts: listOf(
    objectOf<VerdictSummary>({
      id: text,
      stage: wholeNumber,
      gate: text,
      answer: oneOf('pass', 'fail', 'insufficient'),
      at: instant,
      target: digest,
      because: text,
    }),
  ),
  estimates: objectOf<Estimates>({
    updateMs: nullOr(wholeNumber),
    rollbackMs: nullOr(wholeNumber),
    schemaMs: optional(ofWork(wholeNumber)),
  }),
  durations: optional(
    objectOf<Durations>({ update: wholeNumbers, rollback: wholeNumbers, schema: optional(ofWork(wholeNumbers)) }),
  ),
  schemas: optional(
    recordOf(
      objectOf<SchemaProgress>({
        completeSince: nullOr(instant),
        earlierAt: optional(instant),
        contractedAt: optional(instant),
        release: nullOr(recordOf(text)),
      }),
    ),
  ),
});

type OlderObserved = Pick<Observed, 'nodes'> & Partial<Pick<Observed, 'databases'>>;
type OlderRecord = Omit<RolloutRecord, 'schemas'> & Partial<Pick<RolloutRecord, 'schemas'>>;
type OlderSnapshot = Omit<Snapshot, 'observed' | 'record'> & {
  readonly observed: OlderObserved;
  readonly record: OlderRecord;
};

const snapshotShape = objectOf<Omit<OlderSnapshot, 'formatVersion'>>({
  fleet: objectOf<Snapshot['fleet']>({ name: text, uid: text }),
  takenAt: instant,
  observed: objectOf<OlderObserved>({ nodes: listOf(observedNode), databases: optional(listOf(observedDatabase)) }),
  catalogue: objectOf<Catalogue>({ releases: listOf(release), yanked: listOf(digest) }),
  record,
}) as Shape<OlderSnapshot>;
