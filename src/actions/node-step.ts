/**
 * What the node actions share: their parameters, and the instructions that make a switch, confirm it and take it back.
 * Pure: everything comes from the step as it stands in the plan file.
 */
import type { Digest } from '../kernel/digest.ts';
import type { ExpectedState, WantedRelease } from '../model/message.ts';
import type { InstalledPackage } from '../model/observed.ts';
import type { PlanStep } from '../model/plan.ts';
import type { Instruction } from './instruction.ts';

/** Params of `node-install`, `node-update` and `node-repair`. */
export interface SwitchParams {
  /** Packages to switch to what `after` says, in dependency order. */
  readonly packages: readonly string[];
  /** Made of the present state before the first change. */
  readonly restorePoint: string;
  readonly healthTimeoutMs: number;
}

export const switchParamsSchema = {
  type: 'object',
  required: ['packages', 'restorePoint', 'healthTimeoutMs'],
  properties: {
    packages: { type: 'array', items: { type: 'string', minLength: 1 }, minItems: 1, uniqueItems: true },
    restorePoint: { type: 'string', pattern: '^[a-z0-9][a-z0-9-]*$' },
    healthTimeoutMs: { type: 'integer', minimum: 0 },
  },
} as const;

/** The params of a step are checked against the schema of its kind when a plan is read. */
export function switchParams(step: PlanStep): SwitchParams {
  return step.params as unknown as SwitchParams;
}

export function nodeOf(step: PlanStep): string {
  return step.target.slice('node/'.length);
}

export function packagesBefore(step: PlanStep): Readonly<Record<string, InstalledPackage>> {
  return step.before.packages ?? {};
}

export function packagesAfter(step: PlanStep): Readonly<Record<string, InstalledPackage>> {
  return step.after.packages ?? {};
}

export function expectedState(packages: Readonly<Record<string, InstalledPackage>>): ExpectedState {
  const expected: Record<string, Digest> = {};
  for (const [name, installed] of Object.entries(packages)) expected[name] = installed.manifestHash;
  return expected;
}

/** Stage everything, switch in one restart, confirm. */
export function switchInstructions(step: PlanStep): readonly Instruction[] {
  const params = switchParams(step);
  const node = nodeOf(step);
  const after = packagesAfter(step);
  const releases = params.packages.map((name): WantedRelease => {
    const installed = after[name]!;
    return { package: name, version: installed.version, manifestHash: installed.manifestHash };
  });
  return [
    { kind: 'stage', node, releases },
    {
      kind: 'update',
      node,
      releases,
      expected: expectedState(packagesBefore(step)),
      restorePoint: params.restorePoint,
      healthTimeoutMs: params.healthTimeoutMs,
    },
    confirm(node, after, params.healthTimeoutMs),
  ];
}

/** Back to the restore point that the switch made. */
export function switchInverse(step: PlanStep): readonly Instruction[] {
  const { restorePoint, healthTimeoutMs } = switchParams(step);
  return returnInstructions(nodeOf(step), packagesBefore(step), { restorePoint, keep: null, healthTimeoutMs });
}

/** To a restore point that holds `packages`. A node that then has nothing has no service to be healthy. */
export function returnInstructions(
  node: string,
  packages: Readonly<Record<string, InstalledPackage>>,
  params: { readonly restorePoint: string; readonly keep: string | null; readonly healthTimeoutMs: number },
): readonly Instruction[] {
  const { restorePoint, keep, healthTimeoutMs } = params;
  const back: Instruction = { kind: 'rollback', node, restorePoint, keep, healthTimeoutMs };
  return Object.keys(packages).length === 0 ? [back] : [back, confirm(node, packages, healthTimeoutMs)];
}

function confirm(node: string, packages: Readonly<Record<string, InstalledPackage>>, timeoutMs: number): Instruction {
  return { kind: 'confirm', node, expected: expectedState(packages), timeoutMs };
}

/** `themisdb 1.4.2 → 1.5.0, themis-query 1.4.5 → 1.5.0`: the packages that change hands. */
export function describeVersions(step: PlanStep): string {
  const before = packagesBefore(step);
  const parts: string[] = [];
  for (const [name, after] of Object.entries(packagesAfter(step))) {
    const from = before[name];
    if (from === undefined) parts.push(`${name} ${after.version}`);
    else if (from.manifestHash !== after.manifestHash) parts.push(`${name} ${from.version} → ${after.version}`);
  }
  for (const name of Object.keys(before)) if (packagesAfter(step)[name] === undefined) parts.push(`${name} removed`);
  return parts.join(', ');
}
