/** A Rollout document that passed every check to `DesiredRollout`: defaults filled in, units made plain numbers. */
import { compareText } from '../kernel/finding.ts';
import { parseDuration } from '../kernel/units/duration.ts';
import { parseSize } from '../kernel/units/size.ts';
import type { DesiredGate, DesiredRollout, DesiredStage } from '../model/desired.ts';
import type * as documents from '../model/documents.ts';

const defaultBakeMs = 0;
const defaultHealth = { timeoutMs: 30_000, maxReplicationLagMs: 10_000 };
const defaultMinSamples = 30;

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
  health: defaultHealth,
  onFailure: 'rollback',
  stages: [everyone],
  gates: [],
};

export function normaliseRollout({ metadata, spec }: documents.Rollout): DesiredRollout {
  return {
    name: metadata.name,
    maxUnavailable: spec.maxUnavailable ?? defaultRollout.maxUnavailable,
    maxMinorSkew: spec.maxMinorSkew ?? defaultRollout.maxMinorSkew,
    order: spec.order ?? [],
    ...(spec.spreadBy === undefined ? {} : { spreadBy: spec.spreadBy }),
    health: {
      timeoutMs: durationMs(spec.health?.timeout) ?? defaultHealth.timeoutMs,
      maxReplicationLagMs: durationMs(spec.health?.maxReplicationLag) ?? defaultHealth.maxReplicationLagMs,
    },
    onFailure: spec.onFailure ?? 'rollback',
    stages: spec.stages === undefined ? [everyone] : spec.stages.map(normaliseStage),
    gates: normaliseGates(spec.gates ?? []),
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

function normaliseGates(gates: readonly documents.Gate[]): readonly DesiredGate[] {
  const taken = new Set<string>();
  return gates.map((gate) => {
    const wanted = gate.name ?? gate.metric;
    let name = wanted;
    for (let count = 2; taken.has(name); count += 1) name = `${wanted}-${count}`;
    taken.add(name);
    const limit = limitOf(gate);
    return {
      name,
      metric: gate.metric,
      unit: limit.unit,
      max: limit.max,
      min: gate.min ?? null,
      provider: gate.provider ?? null,
      query: gate.query ?? null,
      worseBy: gate.compare === undefined ? null : (gate.worseBy ?? 0),
      minSamples: gate.minSamples ?? defaultMinSamples,
    };
  });
}

function limitOf({ metric, max }: documents.Gate): { unit: DesiredGate['unit']; max: number | null } {
  const number = typeof max === 'number' ? max : null;
  switch (metric) {
    case 'errorRate':
    case 'transactionFailureRate':
    case 'cpu':
      return { unit: 'share', max: number };
    case 'latencyP50':
    case 'latencyP95':
    case 'latencyP99':
      return { unit: 'ms', max: typeof max === 'string' ? parseDuration(max)! : null };
    case 'memory':
      return typeof max === 'number' ? { unit: 'share', max } : { unit: 'bytes', max: sizeOf(max) };
    case 'diskIo':
      return { unit: 'bytesPerSecond', max: sizeOf(max) };
    case 'custom':
      return { unit: 'number', max: number };
  }
}

function sizeOf(max: string | number | undefined): number | null {
  return typeof max === 'string' ? parseSize(max)! : null;
}

function durationMs(text: string | undefined): number | undefined {
  return text === undefined ? undefined : parseDuration(text);
}
