/**
 * From a fleet directory to a plan: what `plan` and `apply` do alike. The world comes in through `PlanSources`; here
 * is only the order of things, so that both commands plan from the same inputs.
 */
import { ThemisError } from '../../../kernel/error.ts';
import type { Finding } from '../../../kernel/finding.ts';
import { hasErrors } from '../../../kernel/finding.ts';
import type { Digest } from '../../../kernel/digest.ts';
import type { Desired } from '../../../model/desired.ts';
import type { Snapshot } from '../../../model/observed.ts';
import type { Plan, PlanSource } from '../../../model/plan.ts';
import { parseSnapshot } from '../../../observe/snapshot.ts';
import type { ScopeRequest } from '../../../plan/plan-inputs.ts';
import { planRollout, type PlannedRollout } from '../../../plan/plan.ts';
import { plannedLeaders } from '../../../plan/planned-leaders.ts';

export interface LoadedFleet {
  /** Undefined when a finding is an error. */
  readonly desired: Desired | undefined;
  readonly findings: readonly Finding[];
  readonly source: PlanSource;
}

/** What planning needs from outside of it. */
export interface PlanSources {
  /** Throws ThemisError NOT_FOUND or GIT. */
  loadFleet(directory: string, revision: string | undefined): Promise<LoadedFleet>;
  /** Asks every node, reads the releases and the rollout record. */
  observe(directory: string, desired: Desired): Promise<Snapshot>;
  /** Throws ThemisError NOT_FOUND or IO. */
  readText(path: string): Promise<string>;
  digests(desired: Desired): { readonly desiredDigest: Digest; readonly targetDigest: Digest };
  /** What the plan does not act on yet. */
  unusedFindings(desired: Desired): readonly Finding[];
}

export interface PlanRequest {
  /** Absolute. */
  readonly directory: string;
  readonly revision: string | undefined;
  /** Plan this revision too, from the same observation, and compare. */
  readonly against: string | undefined;
  /** Snapshot file, absolute; undefined: ask the nodes. */
  readonly observed: string | undefined;
  readonly scope: ScopeRequest;
  /** RFC 3339 UTC, now or as asked for. */
  readonly at: string;
  readonly anchored: boolean;
  readonly refreshOnly: boolean;
  readonly themisVersion: string;
  /** A saved plan to compare with: its source and its leaders are assumed. */
  readonly saved?: Plan;
}

export type MadePlan =
  | { readonly kind: 'invalid'; readonly findings: readonly Finding[] }
  | {
      readonly kind: 'planned';
      readonly plan: Plan;
      /** Stage membership, for the rollout record. */
      readonly stages: PlannedRollout['stages'];
      readonly base: Plan | undefined;
      readonly snapshot: Snapshot;
      readonly desired: Desired;
      /** Of the desired state; warnings only. */
      readonly findings: readonly Finding[];
    };

export async function makePlan(request: PlanRequest, sources: PlanSources): Promise<MadePlan> {
  const head = await sources.loadFleet(request.directory, request.revision);
  if (head.desired === undefined || hasErrors(head.findings)) return { kind: 'invalid', findings: head.findings };
  const base = request.against === undefined ? undefined : await sources.loadFleet(request.directory, request.against);
  if (base !== undefined && (base.desired === undefined || hasErrors(base.findings))) {
    return { kind: 'invalid', findings: base.findings };
  }
  const snapshot = await takeSnapshot(request, head.desired, sources);
  if ('findings' in snapshot) return { kind: 'invalid', findings: snapshot.findings };
  return {
    kind: 'planned',
    ...planFleet(request, head.desired, head.source, snapshot, sources),
    base:
      base?.desired === undefined ? undefined : planFleet(request, base.desired, base.source, snapshot, sources).plan,
    snapshot,
    desired: head.desired,
    findings: head.findings,
  };
}

function planFleet(
  request: PlanRequest,
  desired: Desired,
  source: PlanSource,
  snapshot: Snapshot,
  sources: PlanSources,
): PlannedRollout {
  const { scope, at, anchored, refreshOnly, themisVersion, saved } = request;
  return planRollout({
    desired,
    catalogue: snapshot.catalogue,
    observed: snapshot.observed,
    record: snapshot.record,
    at,
    anchored,
    scope: saved?.scope ?? scope,
    source: saved?.source ?? source,
    themisVersion,
    digests: sources.digests(desired),
    extraFindings: sources.unusedFindings(desired),
    refreshOnly,
    ...(saved === undefined ? {} : { leaders: plannedLeaders(saved) }),
  });
}

async function takeSnapshot(
  request: PlanRequest,
  desired: Desired,
  sources: PlanSources,
): Promise<Snapshot | { readonly findings: readonly Finding[] }> {
  if (request.observed === undefined) return sources.observe(request.directory, desired);
  const parsed = parseSnapshot(await sources.readText(request.observed), request.observed);
  if ('findings' in parsed) return parsed;
  const { fleet } = parsed.snapshot;
  if (fleet.uid === desired.fleet.uid) return parsed.snapshot;
  throw new ThemisError(
    'USAGE',
    `${request.observed} was taken of fleet ${fleet.name} (${fleet.uid}), not of ${desired.fleet.name} (${desired.fleet.uid}).`,
  );
}
