/**
 * Documents that passed every check to `Desired`: defaults filled in, one spelling, sorted by name. Nothing here
 * can fail, and nothing depends on files or on the order in which things were written.
 */
import { parseDuration } from '../kernel/units/duration.ts';
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
  DesiredRollout,
  DesiredStage,
  DesiredTenant,
  Lock,
  NamedDocument,
  ReleaseSourceSpec,
  TransportSpec,
} from '../model/desired.ts';
import type * as documents from '../model/documents.ts';
import { canonicalSpec, instantText } from './schema/canonical-spec.ts';
import type { Kind } from './schema/schemas.ts';
import type { YamlDocument } from './yaml/yaml-document.ts';

const defaultBakeMs = 0;
const defaultHealthTimeoutMs = 30_000;

const everyone: DesiredStage = {
  share: { kind: 'percentage', percentage: 100 },
  atLeast: undefined,
  bakeMs: defaultBakeMs,
  bakeLimitMs: undefined,
  promotion: 'gate',
  onInsufficient: 'pause',
};

/** What a Fleet that names no Rollout gets. */
export const defaultRollout: DesiredRollout = {
  name: 'default',
  maxUnavailable: 1,
  maxMinorSkew: 1,
  order: [],
  health: { timeoutMs: defaultHealthTimeoutMs },
  onFailure: 'rollback',
  stages: [everyone],
  gates: [],
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
    databases: carried('Database'),
    migrations: carried('Migration'),
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
    ...(spec.metrics === undefined
      ? {}
      : { metrics: canonicalSpec('Fleet', ['spec', 'metrics'], spec.metrics) as JsonObject }),
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
  if (http !== undefined) return { kind: 'http', url: http.url };
  return { kind: 'github', owner: github!.owner, repo: github!.repo, apiUrl: github!.apiUrl };
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

function normaliseRollout({ metadata, spec }: documents.Rollout): DesiredRollout {
  return {
    name: metadata.name,
    maxUnavailable: spec.maxUnavailable ?? defaultRollout.maxUnavailable,
    maxMinorSkew: spec.maxMinorSkew ?? defaultRollout.maxMinorSkew,
    order: spec.order ?? [],
    ...(spec.spreadBy === undefined ? {} : { spreadBy: spec.spreadBy }),
    health: { timeoutMs: durationMs(spec.health?.timeout) ?? defaultHealthTimeoutMs },
    onFailure: spec.onFailure ?? 'rollback',
    stages: spec.stages === undefined ? [everyone] : spec.stages.map(normaliseStage),
    gates: canonicalSpec('Rollout', ['spec', 'gates'], spec.gates ?? []) as readonly JsonObject[],
  };
}

function normaliseStage(stage: documents.Stage): DesiredStage {
  const { percentage, nodes } = stage;
  return {
    share:
      percentage === undefined
        ? { kind: 'nodes', nodes: [...nodes!].sort(compareText) }
        : { kind: 'percentage', percentage },
    atLeast: stage.atLeast,
    bakeMs: durationMs(stage.bake) ?? defaultBakeMs,
    bakeLimitMs: durationMs(stage.bakeLimit),
    promotion: stage.promotion ?? 'gate',
    onInsufficient: stage.onInsufficient ?? 'pause',
  };
}

function durationMs(text: string | undefined): number | undefined {
  return text === undefined ? undefined : parseDuration(text);
}

function normaliseTenant({ metadata, spec }: documents.Tenant): DesiredTenant {
  const canonical = canonicalSpec('Tenant', ['spec'], spec) as {
    windows?: readonly JsonObject[];
    blackouts?: readonly JsonObject[];
    policy?: JsonObject;
  };
  return {
    name: metadata.name,
    priority: spec.priority ?? 'normal',
    windows: canonical.windows ?? [],
    blackouts: canonical.blackouts ?? [],
    policy: canonical.policy ?? {},
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
