/** What `status` shows, put together from desired state, what nodes report, the rollout record and the store. Pure. */
import { formatInstant } from '../../../kernel/units/instant.ts';
import { shortDigest } from '../../../kernel/digest.ts';
import type { Desired, DesiredNode } from '../../../model/desired.ts';
import type { Observed, ObservedNode, ReachableNode } from '../../../model/observed.ts';
import type { RolloutRecord } from '../../../model/rollout-record.ts';
import type { Digest } from '../../../kernel/digest.ts';
import type { VerdictSummary } from '../../../model/verdict.ts';
import type { ExecutionSummary, LeaseState } from '../../../ports/store.ts';
import { createWindowColumn } from './window-column.ts';
import type { Condition, NodeStatus, RolloutStatus, StatusView } from '../../../report/status-table.ts';

export interface StatusFacts {
  readonly desired: Desired;
  readonly revision: string | null;
  readonly target: Digest;
  readonly observed: Observed;
  readonly record: RolloutRecord;
  readonly open: ExecutionSummary | null;
  readonly lease: LeaseState | null;
  readonly nowMs: number;
}

export function fleetStatus(facts: StatusFacts): StatusView {
  const { desired, observed, record, revision } = facts;
  const seen = new Map(observed.nodes.map((one) => [one.name, one]));
  const windowOf = createWindowColumn(facts);
  const nodes = desired.fleet.nodes.map((node) => nodeStatus(node, seen.get(node.name), desired, windowOf(node)));
  const { name, uid } = desired.fleet;
  return {
    fleet: { name, uid },
    revision,
    nodes,
    rollout: rolloutStatus(record, nodes),
    conditions: conditionsOf(facts, nodes),
  };
}

function nodeStatus(
  node: DesiredNode,
  observed: ObservedNode | undefined,
  desired: Desired,
  window: string,
): NodeStatus {
  const { name, cluster } = node;
  if (observed?.reachable !== true) {
    const note = observed === undefined ? 'was not asked' : observed.failure.message;
    const wanted = desiredVersions(desired, undefined);
    return { name, cluster, desired: wanted, observed: null, role: '?', health: '?', drift: 0, window, note };
  }
  const asked = new Set(packagesOf(desired));
  const versions: Record<string, string> = {};
  for (const [name, one] of Object.entries(observed.packages)) if (asked.has(name)) versions[name] = one.version;
  return {
    name,
    cluster,
    desired: desiredVersions(desired, observed),
    observed: versions,
    role: observed.role,
    health: observed.health.status,
    drift: observed.drift.length,
    window,
    note: noteOf(observed),
  };
}

function noteOf({ operation, health, refusing }: ReachableNode): string {
  if (operation !== null) return `${operation.kind} ${operation.id} ${operation.state}`;
  return refusing === undefined ? (health.detail ?? '') : `refusing: ${refusing.message}`;
}

/** The Fleet's packages, and those that the lock pins because they are needed. */
function packagesOf({ fleet, lock }: Pick<Desired, 'fleet' | 'lock'>): readonly string[] {
  return [...new Set([...Object.keys(fleet.packages), ...(lock?.packages ?? []).map((pin) => pin.package)])];
}

/** What the lock pins for this node's platform; null without a lock, or where platforms differ and none is known. */
function desiredVersions(
  { lock, fleet }: Desired,
  platform: { readonly platform: string; readonly architecture: string } | undefined,
): Record<string, string> | null {
  if (lock === undefined) return null;
  const versions: Record<string, string> = {};
  for (const name of packagesOf({ lock, fleet })) {
    const pins = lock.packages.filter((pin) => pin.package === name && (platform === undefined || fits(pin, platform)));
    // What only dependencies ask for is not there on every platform.
    if (pins.length === 0 && !Object.hasOwn(fleet.packages, name)) continue;
    const distinct = new Set(pins.map((pin) => pin.version));
    if (distinct.size !== 1) return null;
    versions[name] = pins[0]!.version;
  }
  return versions;
}

function fits(
  pin: { readonly platform: string; readonly architecture: string },
  node: { readonly platform: string; readonly architecture: string },
): boolean {
  const platform = pin.platform === 'any' || pin.platform === node.platform;
  return platform && (pin.architecture === 'any' || pin.architecture === node.architecture);
}

function rolloutStatus({ current, verdicts }: RolloutRecord, nodes: readonly NodeStatus[]): RolloutStatus | null {
  if (current === null) return null;
  const matching = new Set(nodes.filter(matches).map((node) => node.name));
  return {
    target: shortDigest(current.target),
    startedAt: current.startedAt,
    hops: Object.entries(current.hops ?? {}).map(([leadsTo, stages]) => ({
      leadsTo,
      stages: stages.map(({ nodes, completedAt, promotedAt }, index) => ({
        stage: index + 1,
        nodes: nodes.length,
        completedAt,
        promotedAt,
      })),
    })),
    stages: current.stages.map(({ nodes: members, completedAt, promotedAt }, index) => ({
      stage: index + 1,
      nodes: members.length,
      updated: members.filter((name) => matching.has(name)).length,
      completedAt,
      promotedAt,
    })),
    verdicts: newestOfGates(verdicts.filter(({ target, at }) => target === current.target && at >= current.startedAt)),
  };
}

function newestOfGates(verdicts: readonly VerdictSummary[]): readonly VerdictSummary[] {
  const newest = new Map<string, VerdictSummary>();
  for (const verdict of verdicts) {
    const key = `${verdict.stage} ${verdict.gate}`;
    // Again at the end: the order is that of the answers.
    newest.delete(key);
    newest.set(key, verdict);
  }
  return [...newest.values()];
}

function conditionsOf(facts: StatusFacts, nodes: readonly NodeStatus[]): Condition[] {
  const { record, open, lease, target, nowMs } = facts;
  const off = nodes.filter((node) => !matches(node) || node.drift > 0);
  const silent = nodes.filter((node) => node.observed === null);
  const refusing = facts.observed.nodes.flatMap((node) =>
    node.reachable && node.refusing !== undefined ? [node.name] : [],
  );
  const quarantined = record.quarantine.find((one) => one.target === target);
  const held = lease !== null && lease.expiresAt > formatInstant(nowMs);
  return [
    {
      type: 'Ready',
      status: off.length === 0,
      reason: off.length === 0 ? 'every node has what it should' : `${off.length} of ${nodes.length} nodes do not`,
    },
    {
      type: 'Reachable',
      status: silent.length === 0,
      reason: silent.length === 0 ? 'every node answers' : `no answer: ${silent.map((node) => node.name).join(', ')}`,
    },
    {
      type: 'Accepting',
      status: refusing.length === 0,
      reason: refusing.length === 0 ? 'every node takes releases' : `accept nothing: ${refusing.join(', ')}`,
    },
    {
      type: 'Progressing',
      status: open !== null,
      reason: open === null ? 'no rollout is open' : `${open.id} by ${open.by}, started ${open.startedAt}`,
    },
    {
      type: 'Locked',
      status: held,
      reason: held
        ? `${lease.holder.who} (pid ${lease.holder.pid}) for ${lease.holder.purpose}`
        : 'nobody holds the lock',
    },
    {
      type: 'Suspended',
      status: record.suspended !== null,
      reason: record.suspended === null ? 'no' : `by ${record.suspended.by}: ${record.suspended.reason}`,
    },
    {
      type: 'Quarantined',
      status: quarantined !== undefined,
      reason: quarantined === undefined ? 'no' : quarantined.reason,
    },
  ];
}

function matches({ desired, observed }: NodeStatus): boolean {
  if (desired === null || observed === null) return false;
  const names = Object.keys(desired);
  return names.every((name) => desired[name] === observed[name]);
}
