/**
 * Documents that passed every check to `Desired`: defaults filled in, one spelling, sorted by name. Nothing here
 * can fail, and nothing depends on files or on the order in which things were written.
 */
import { compareText, type SourceSpan } from '../kernel/finding.ts';
import type { Digest } from '../kernel/digest.ts';
import type { JsonObject } from '../kernel/json.ts';
import type {
  ApprovalSubject,
  CoordinationSpec,
  Desired,
  DesiredApproval,
  DesiredFleet,
  DesiredNode,
  KnownBadUpgrade,
  Lock,
  MetricsProvider,
  NamedDocument,
  ReleaseSourceSpec,
  SecretRef,
  SignalNames,
  TransportSpec,
} from '../model/desired.ts';
import type * as documents from '../model/documents.ts';
import { normaliseDatabase, normaliseMigration } from './normalise-database.ts';
import { defaultRollout, normaliseRollout } from './normalise-rollout.ts';
import { normaliseTenant } from './normalise-tenant.ts';
import { canonicalSpec, instantText } from './schema/canonical-spec.ts';
import type { Kind } from './schema/schemas.ts';
import type { YamlDocument } from './yaml/yaml-document.ts';

/** ThemisDB's own names, and those of the Prometheus client libraries. */
export const defaultSignals: SignalNames = {
  requests: 'themisdb_requests_total',
  failedRequests: 'themisdb_requests_total{code=~"5.."}',
  transactions: 'themisdb_transactions_total',
  failedTransactions: 'themisdb_transactions_total{outcome="failed"}',
  duration: 'themisdb_request_duration_seconds',
  memory: 'process_resident_memory_bytes',
  memoryLimit: 'themisdb_memory_limit_bytes',
  cpu: 'process_cpu_seconds_total',
  cpus: 'themisdb_cpus',
  diskIo: 'themisdb_disk_io_bytes_total',
};

export function normalise(
  byKind: (kind: Kind) => readonly YamlDocument[],
  sources: ReadonlyMap<string, SourceSpan>,
): Desired {
  const values = (kind: Kind): readonly unknown[] => byKind(kind).map(({ value }) => value);
  const carried = (kind: Kind): readonly NamedDocument[] =>
    byName(
      (values(kind) as { metadata: { name: string }; spec: JsonObject }[]).map(({ metadata, spec }) => ({
        name: metadata.name,
        spec: canonicalSpec(kind, ['spec'], spec) as JsonObject,
      })),
    );
  const fleet = (values('Fleet') as documents.Fleet[])[0]!;
  const rollouts = byName((values('Rollout') as documents.Rollout[]).map(normaliseRollout));
  const used = rollouts.find(({ name }) => name === fleet.spec.rollout);
  return {
    fleet: normaliseFleet(fleet),
    rollout: used ?? defaultRollout,
    otherRollouts: rollouts.filter((rollout) => rollout !== used),
    lock: (values('Lock') as documents.Lock[]).map(normaliseLock)[0],
    tenants: byName((values('Tenant') as documents.Tenant[]).map(normaliseTenant)),
    approvals: byName((values('Approval') as documents.Approval[]).map(normaliseApproval)),
    verifications: carried('Verification'),
    databases: byName((values('Database') as documents.Database[]).map(normaliseDatabase)),
    migrations: byName((values('Migration') as documents.Migration[]).map(normaliseMigration)),
    notifications: carried('Notification'),
    updatePolicies: carried('UpdatePolicy'),
    sources,
  };
}

function byName<T extends { readonly name: string }>(list: readonly T[]): readonly T[] {
  return [...list].sort((a, b) => compareText(a.name, b.name));
}

function normaliseFleet({ metadata, spec }: documents.Fleet): DesiredFleet {
  return {
    name: metadata.name,
    uid: metadata.uid,
    packages: spec.packages,
    releases: releaseSource(spec.releases),
    coordination: coordination(spec.coordination),
    metrics: {
      provider: metricsProvider(spec.metrics),
      signals: { ...defaultSignals, ...spec.metrics?.signals },
    },
    knownBad: sortedKnownBad(spec.knownBad ?? []),
    nodes: byName(spec.nodes.map((node) => normaliseNode(node, metadata.name))),
  };
}

function normaliseNode(node: documents.Node, fleet: string): DesiredNode {
  return {
    name: node.name,
    transport: transport(node.transport),
    cluster: node.cluster ?? fleet,
    labels: node.labels ?? {},
    tenants: node.tenants === undefined ? [] : [...node.tenants].sort(compareText),
  };
}

function transport({ local, ssh, agent }: documents.Node['transport']): TransportSpec {
  if (local !== undefined) return { kind: 'local', root: local.root };
  if (ssh !== undefined) return { kind: 'ssh', settings: ssh as unknown as JsonObject };
  return { kind: 'agent', url: agent!.url };
}

function releaseSource({ directory, http, github }: documents.Fleet['spec']['releases']): ReleaseSourceSpec {
  if (directory !== undefined) return { kind: 'directory', directory };
  if (http !== undefined) return { kind: 'http', url: http.url, ...fetchSettings(http) };
  const { owner, repo, apiUrl } = github!;
  return { kind: 'github', owner, repo, apiUrl, ...fetchSettings(github!) };
}

function fetchSettings({ ca, tokenFrom }: { readonly ca?: string; readonly tokenFrom?: documents.Secret }) {
  return { ca, tokenFrom: tokenFrom as SecretRef | undefined };
}

function metricsProvider(spec: documents.Fleet['spec']['metrics']): MetricsProvider {
  if (spec?.prometheus !== undefined) {
    const { url, tokenFrom, nodeLabel = 'node' } = spec.prometheus;
    return { kind: 'prometheus', url, tokenFrom: tokenFrom as SecretRef | undefined, nodeLabel };
  }
  return spec?.file === undefined ? { kind: 'nodes' } : { kind: 'file', path: spec.file.path };
}

function sortedKnownBad(list: readonly KnownBadUpgrade[]): readonly KnownBadUpgrade[] {
  return [...list].sort(
    (a, b) => compareText(a.package, b.package) || compareText(a.from, b.from) || compareText(a.to, b.to),
  );
}

function coordination(spec: documents.Fleet['spec']['coordination']): CoordinationSpec {
  const etcd = spec?.etcd;
  if (etcd === undefined) return { kind: 'sqlite' };
  return {
    kind: 'etcd',
    endpoints: [...etcd.endpoints].sort(compareText),
    tls: etcd.tls as JsonObject | undefined,
    prefix: etcd.prefix,
  };
}

function normaliseApproval({ metadata, spec }: documents.Approval): DesiredApproval {
  return {
    name: metadata.name,
    target: spec.for.target as Digest,
    subject: subject(spec.for),
    by: spec.by,
    reason: spec.reason,
    expiresAt: spec.expiresAt === undefined ? undefined : instantText(spec.expiresAt),
  };
}

function subject({ stage, step, tenant }: documents.Approval['spec']['for']): ApprovalSubject {
  if (stage !== undefined) return { kind: 'stage', stage };
  if (step !== undefined) return { kind: 'step', step };
  if (tenant !== undefined) return { kind: 'tenant', tenant };
  return { kind: 'emergency' };
}

function normaliseLock({ packages }: documents.Lock): Lock {
  const pins = packages.map((pin) => ({
    package: pin.package,
    version: pin.version,
    manifestHash: pin.manifestHash as Digest,
    platform: pin.platform,
    architecture: pin.architecture,
  }));
  return {
    packages: pins.sort(
      (a, b) =>
        compareText(a.package, b.package) ||
        compareText(a.platform, b.platform) ||
        compareText(a.architecture, b.architecture),
    ),
  };
}
