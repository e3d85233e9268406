/** Small plans, nodes and observations for tests of the fleet room; the planner makes the real ones. */
import { digestJson, type Digest } from '../../src/kernel/digest.ts';
import { actionOf } from '../../src/actions/index.ts';
import type { Action, Instruction } from '../../src/actions/instruction.ts';
import { isSchemaStep, type SchemaParams } from '../../src/actions/schema-step.ts';
import type { PromoteParams } from '../../src/actions/stage-promote.ts';
import type { DesiredNode } from '../../src/model/desired.ts';
import type { InstalledPackage, ReachableNode } from '../../src/model/observed.ts';
import type { Constraint, Plan, PlanStep, SchemaStepKind, StepState } from '../../src/model/plan.ts';
import type { NodeWindows } from '../../src/windows/window-answer.ts';

/** Nobody restricts anything. */
export const alwaysOpen: NodeWindows = {
  answer: ({ fromMs }) => ({ kind: 'open', startMs: fromMs, opensAtMs: null, closesAtMs: null, because: null }),
};

const hashes = new Map<string, Digest>();

export function hashOf(version: string): Digest {
  let hash = hashes.get(version);
  if (hash === undefined) hashes.set(version, (hash = digestJson({ package: 'db', version })));
  return hash;
}

export function installed(version: string): InstalledPackage {
  return { version, manifestHash: hashOf(version), dataSchemaVersion: 1 };
}

export function has(version: string): StepState {
  return { packages: { db: installed(version) } };
}

export function node(name: string, cluster = 'c'): DesiredNode {
  return { name, transport: { kind: 'local', root: `./${name}` }, cluster, labels: {}, tenants: [] };
}

export function seen(name: string, version: string, change: Partial<ReachableNode> = {}): ReachableNode {
  return {
    name,
    reachable: true,
    platform: 'linux',
    architecture: 'x64',
    packages: { db: installed(version) },
    drift: [],
    health: { status: 'healthy', runningVersion: version, detail: null },
    role: 'follower',
    disk: { freeBytes: 1, totalBytes: 1 },
    memory: { freeBytes: 1, totalBytes: 1 },
    restorePoints: [],
    staged: [],
    operation: null,
    store: null,
    highestToken: 0,
    ...change,
  };
}

export function update(name: string, change: Partial<PlanStep> = {}, from = '1.4.0', to = '1.5.0'): PlanStep {
  return {
    id: `${name}/update/${to}`,
    kind: 'node-update',
    target: `node/${name}`,
    before: has(from),
    after: has(to),
    reason: 'test',
    needs: [],
    stage: 1,
    undo: { kind: 'restore', restorePoint: `rp-${name}-${to}` },
    ...change,
  };
}

export function promote(stage: number, needs: readonly string[], params: PlanStep['params'] = {}): PlanStep {
  return {
    id: `stage-${stage}/promote`,
    kind: 'stage-promote',
    target: `stage/${stage}`,
    before: { promoted: false },
    after: { promoted: true },
    reason: 'test',
    needs,
    stage,
    ...(params === undefined ? {} : { params }),
  };
}

/** A phase of migration `m`, or its undo. */
export function schema(kind: SchemaStepKind, needs: readonly string[], change: Partial<PlanStep> = {}): PlanStep {
  const phase = kind === 'schema-undo' ? 'contract' : (kind.slice('schema-'.length) as SchemaParams['phase']);
  return {
    id: `orders/${kind.slice('schema-'.length)}`,
    kind,
    target: 'database/orders',
    before: { schema: { version: 1, done: null } },
    after: { schema: { version: 2, done: phase } },
    reason: 'test',
    needs,
    stage: 1,
    params: { migration: 'm', schemaVersion: 2, digest: digestJson('m'), phase, operations: [], graceMs: 0 },
    ...change,
  };
}

export interface Limits {
  readonly maxUnavailable?: number;
  readonly maxMinorSkew?: number;
  readonly sizes: Readonly<Record<string, number>>;
}

export function constraints({ maxUnavailable = 1, maxMinorSkew = 1, sizes }: Limits): Constraint[] {
  const list: Constraint[] = [];
  for (const [cluster, members] of Object.entries(sizes)) {
    list.push({ kind: 'leaderLast', cluster });
    list.push({ kind: 'maxUnavailable', cluster, value: maxUnavailable });
    list.push({ kind: 'maxMinorSkew', cluster, value: maxMinorSkew });
    if (members >= 3) list.push({ kind: 'quorum', cluster, members, mustStayUp: Math.floor(members / 2) + 1 });
  }
  return list;
}

export function planOf(steps: readonly PlanStep[], limits: readonly Constraint[], change: Partial<Plan> = {}): Plan {
  const body = { steps, constraints: limits };
  return {
    formatVersion: '1.0',
    themisVersion: '0.0.0',
    fleet: { name: 'f', uid: 'u' },
    createdAt: '2026-01-01T00:00:00Z',
    expiresAt: '2026-01-08T00:00:00Z',
    scope: { targets: [], excludes: [] },
    source: { repository: null, revision: null, dirty: false, signer: null },
    desiredDigest: digestJson('desired'),
    targetDigest: digestJson('target'),
    observedDigest: digestJson('observed'),
    planDigest: digestJson(body),
    applyable: true,
    complete: true,
    errored: false,
    drift: [],
    transitions: [],
    ...body,
    schedule: [],
    deferred: [],
    findings: [],
    summary: {
      create: 0,
      update: steps.length,
      repair: 0,
      rollback: 0,
      migrate: 0,
      unchanged: 0,
      deferred: 0,
      irreversible: 0,
    },
    ...change,
  };
}

const healthTimeoutMs = 30_000;

function nameOf(step: PlanStep): string {
  return step.target.slice('node/'.length);
}

function forward(step: PlanStep): Instruction[] {
  if (step.kind === 'stage-promote') {
    const { bakeMs = 0, approval = false, gates } = (step.params ?? {}) as Partial<PromoteParams>;
    return [
      { kind: 'bake', stage: step.stage, durationMs: bakeMs },
      ...(gates === undefined ? [] : [{ kind: 'judge', stage: step.stage, gates } as const]),
      ...(approval ? [{ kind: 'await-approval', stage: step.stage } as const] : []),
      { kind: 'promote', stage: step.stage },
    ];
  }
  const wanted = Object.entries(step.after.packages ?? {}).map(([name, one]) => ({
    package: name,
    version: one.version,
    manifestHash: one.manifestHash,
  }));
  const expected = Object.fromEntries(
    Object.entries(step.before.packages ?? {}).map(([name, one]) => [name, one.manifestHash]),
  );
  const after = Object.fromEntries(wanted.map((one) => [one.package, one.manifestHash]));
  const restorePoint = step.undo?.restorePoint ?? `rp-${step.id}`;
  return [
    { kind: 'stage', node: nameOf(step), releases: wanted },
    { kind: 'update', node: nameOf(step), releases: wanted, expected, restorePoint, healthTimeoutMs },
    { kind: 'confirm', node: nameOf(step), expected: after, timeoutMs: healthTimeoutMs },
  ];
}

function backward(step: PlanStep): Instruction[] | undefined {
  if (step.kind === 'stage-promote') return [];
  if (step.undo === undefined) return undefined;
  return [{ kind: 'rollback', node: nameOf(step), restorePoint: step.undo.restorePoint, keep: null, healthTimeoutMs }];
}

export function testActions(one: PlanStep): Action<PlanStep> {
  const { kind } = one;
  if (isSchemaStep(one)) return actionOf(one);
  return {
    kind,
    paramsSchema: {},
    symbol: kind === 'stage-promote' ? '?' : '~',
    describe: (step) => step.id,
    instructions: forward,
    inverse: backward,
  };
}
