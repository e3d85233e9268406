/**
 * Small fleets for planner tests, described by what matters: releases, nodes with what is installed on them, and a
 * rollout. Everything not said gets a plain default. Manifest hashes derive from package and version.
 */
import { defaultSignals } from '../../src/desired/normalise.ts';
import { digestJson } from '../../src/kernel/digest.ts';

import type {
  ApprovalSubject,
  Desired,
  DesiredApproval,
  DesiredNode,
  DesiredRollout,
  DesiredStage,
  DesiredTenant,
  TenantPolicy,
} from '../../src/model/desired.ts';
import type { Digest } from '../../src/kernel/digest.ts';
import type { InstalledPackage, ObservedNode, ReachableNode } from '../../src/model/observed.ts';
import type { ReleaseDependency, ReleaseFile, ReleaseManifest } from '../../src/model/release.ts';
import { emptyRecord } from '../../src/model/rollout-record.ts';
import type { PlanInputs } from '../../src/plan/plan-inputs.ts';
import { wholeFleet } from '../../src/plan/plan-inputs.ts';

export const testInstant = '2026-11-21T18:00:00Z';

export interface ReleaseFacts {
  readonly minUpgradeFrom?: string;
  readonly dependencies?: readonly ReleaseDependency[];
  readonly files?: readonly ReleaseFile[];
  readonly dataSchemaVersion?: number;
  readonly expiresAt?: string;
  readonly platform?: ReleaseManifest['platform'];
  readonly architecture?: ReleaseManifest['architecture'];
  readonly isCritical?: boolean;
  readonly probes?: ReleaseManifest['probes'];
}

export function release(name: string, version: string, facts: ReleaseFacts = {}): ReleaseManifest {
  const body = {
    schemaVersion: 1 as const,
    product: 'themisdb',
    package: name,
    version,
    tagName: `v${version}`,
    releaseNotes: '',
    releaseDate: '2026-11-01T00:00:00Z',
    isCritical: facts.isCritical ?? false,
    counter: 1,
    expiresAt: facts.expiresAt ?? null,
    platform: facts.platform ?? ('any' as const),
    architecture: facts.architecture ?? ('any' as const),
    files: facts.files ?? [file(`bin/${name}`, `${name} ${version}`, 2048), file('share/licence.txt', 'licence', 512)],
    dependencies: facts.dependencies ?? [],
    minUpgradeFrom: facts.minUpgradeFrom ?? null,
    dataSchemaVersion: facts.dataSchemaVersion ?? 1,
    build: { commit: null, date: null, compiler: null },
    ...(facts.probes === undefined ? {} : { probes: facts.probes }),
  };
  return { ...body, manifestHash: digestJson(body) };
}

export function file(path: string, content: string, sizeBytes: number): ReleaseFile {
  const sha256 = digestJson(content).slice('sha256:'.length);
  return { path, type: path.startsWith('bin/') ? 'executable' : 'data', sha256, sizeBytes, permissions: '0644' };
}

export function installed(manifest: ReleaseManifest): InstalledPackage {
  const { version, manifestHash, dataSchemaVersion } = manifest;
  return { version, manifestHash, dataSchemaVersion };
}

export function desiredNode(name: string, facts: Partial<DesiredNode> = {}): DesiredNode {
  const transport = { kind: 'local', root: `./nodes/${name}` } as const;
  return { name, transport, cluster: 'orders', labels: {}, tenants: [], ...facts };
}

export function observedNode(
  name: string,
  manifests: readonly ReleaseManifest[],
  facts: Partial<ReachableNode> = {},
): ReachableNode {
  return {
    name,
    reachable: true,
    platform: 'linux',
    architecture: 'x64',
    packages: Object.fromEntries(manifests.map((manifest) => [manifest.package, installed(manifest)])),
    drift: [],
    health: { status: 'healthy', runningVersion: manifests[0]?.version ?? null, detail: null },
    role: 'follower',
    disk: { freeBytes: 2 ** 36, totalBytes: 2 ** 38 },
    memory: { freeBytes: 2 ** 33, totalBytes: 2 ** 35 },
    restorePoints: [],
    staged: [],
    operation: null,
    store: null,
    highestToken: 0,
    ...facts,
  };
}

export function unreachableNode(name: string): ObservedNode {
  return {
    name,
    reachable: false,
    failure: { code: 'UNREACHABLE', message: `Node ${name} does not answer.`, retry: 'backoff' },
  };
}

export function stage(percentage: number, facts: Partial<DesiredStage> = {}): DesiredStage {
  return {
    share: { kind: 'percentage', percentage },
    atLeast: undefined,
    bakeMs: 0,
    bakeLimitMs: undefined,
    promotion: 'gate',
    onInsufficient: 'pause',
    ...facts,
  };
}

export function rollout(facts: Partial<DesiredRollout> = {}): DesiredRollout {
  return {
    name: 'progressive',
    maxUnavailable: 1,
    maxMinorSkew: 1,
    order: [],
    health: { maxReplicationLagMs: 10_000, timeoutMs: 30_000 },
    onFailure: 'rollback',
    stages: [stage(100)],
    gates: [],
    ...facts,
  };
}

export function tenant(
  name: string,
  facts: Partial<Omit<DesiredTenant, 'policy'>> & { readonly policy?: Partial<TenantPolicy> } = {},
): DesiredTenant {
  const policy: TenantPolicy = {
    autoUpdate: true,
    criticalAutoUpdate: true,
    noticeLeadTimeMs: 0,
    consent: 'none',
    ...facts.policy,
  };
  return { priority: 'normal', windows: [], blackouts: [], ...facts, name, policy };
}

export function approval(subject: ApprovalSubject, target: Digest, expiresAt?: string): DesiredApproval {
  return { name: subject.kind, target, subject, by: 'ops@example.org', reason: 'test', expiresAt };
}

export interface FleetFacts {
  readonly nodes: readonly DesiredNode[];
  readonly observed: readonly ObservedNode[];
  readonly releases: readonly ReleaseManifest[];
  /** Pinned by the lock, and wanted at exactly that version. */
  readonly wanted: readonly ReleaseManifest[];
  readonly rollout?: DesiredRollout;
  readonly desired?: Partial<Desired>;
  readonly packages?: Readonly<Record<string, string>>;
  readonly inputs?: Partial<PlanInputs>;
}

export function planInputs(facts: FleetFacts): PlanInputs {
  const lock = {
    packages: facts.wanted.map(({ package: name, version, manifestHash, platform, architecture }) => ({
      package: name,
      version,
      manifestHash,
      platform,
      architecture,
    })),
  };
  const desired: Desired = {
    fleet: {
      name: 'orders',
      uid: '0b5c1c5e-0000-4000-8000-000000000001',
      packages:
        facts.packages ?? Object.fromEntries(facts.wanted.map((manifest) => [manifest.package, manifest.version])),
      releases: { kind: 'directory', directory: './releases' },
      coordination: { kind: 'sqlite' },
      metrics: { provider: { kind: 'nodes' }, signals: defaultSignals },
      knownBad: [],
      nodes: facts.nodes,
    },
    rollout: facts.rollout ?? rollout(),
    lock,
    tenants: [],
    approvals: [],
    verifications: [],
    databases: [],
    migrations: [],
    notifications: [],
    updatePolicies: [],
    otherRollouts: [],
    sources: new Map(),
    ...facts.desired,
  };
  return {
    desired,
    catalogue: { releases: facts.releases, yanked: [] },
    observed: { nodes: facts.observed, databases: [] },
    record: emptyRecord,
    at: testInstant,
    anchored: false,
    scope: wholeFleet,
    source: { repository: null, revision: null, dirty: false, signer: null },
    themisVersion: '0.1.0',
    digests: { desiredDigest: digestJson(desired.fleet), targetDigest: digestJson([lock, desired.rollout]) },
    extraFindings: [],
    ...facts.inputs,
  };
}

/** `count` nodes of one cluster, all at `from`, the first of them leading, wanting `to`. */
export function simpleFleet(
  count: number,
  from: ReleaseManifest,
  to: ReleaseManifest,
  facts: Partial<FleetFacts> = {},
): PlanInputs {
  const names = Array.from({ length: count }, (_, index) => `node-${String.fromCodePoint(97 + index)}`);
  return planInputs({
    nodes: names.map((name) => desiredNode(name)),
    observed: names.map((name, index) => observedNode(name, [from], index === 0 ? { role: 'leader' } : {})),
    releases: [from, to],
    wanted: [to],
    ...facts,
  });
}
