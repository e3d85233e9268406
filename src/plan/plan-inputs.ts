/**
 * Everything a plan is made from. Nothing else may influence it: no clock, no environment, no order of files.
 */
import type { Digest } from '../kernel/digest.ts';
import type { Finding } from '../kernel/finding.ts';
import type { Desired } from '../model/desired.ts';
import type { Observed } from '../model/observed.ts';
import type { PlanSource } from '../model/plan.ts';
import type { Catalogue } from '../model/release.ts';
import type { RolloutRecord } from '../model/rollout-record.ts';

export interface PlanInputs {
  readonly desired: Desired;
  readonly catalogue: Catalogue;
  readonly observed: Observed;
  readonly record: RolloutRecord;
  /** RFC 3339 UTC: when the plan is made, or the instant it is made for. */
  readonly at: string;
  /** True when `at` was asked for: the schedule then names instants, not only offsets. */
  readonly anchored: boolean;
  readonly scope: ScopeRequest;
  readonly source: PlanSource;
  readonly themisVersion: string;
  readonly digests: { readonly desiredDigest: Digest; readonly targetDigest: Digest };
  /** Findings of other rooms that belong to the plan: kinds not acted on yet. */
  readonly extraFindings: readonly Finding[];
  /** Report drift and versions only: no steps. */
  readonly refreshOnly?: boolean;
  /**
   * Leader by cluster, as a saved plan assumed it (`plannedLeaders`); absent: as observed. Planning again to compare
   * with a saved plan assumes the same leaders, because a leader that moved must not void what was reviewed.
   */
  readonly leaders?: ReadonlyMap<string, string>;
}

export interface ScopeRequest {
  /** `node/NAME`; empty: every node. */
  readonly targets: readonly string[];
  readonly excludes: readonly string[];
  /** Label selector. With targets, both must hold. */
  readonly selector?: string | undefined;
}

export const wholeFleet: ScopeRequest = { targets: [], excludes: [] };
