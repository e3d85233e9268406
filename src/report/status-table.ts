/**
 * `themis status`: one row a node, then how far the rollout is, then the conditions that decide whether anything
 * moves. The same value is what `-o json` prints.
 */
import type { VerdictSummary } from '../model/verdict.ts';
import { count } from './plan/plan-phrases.ts';
import { formatTable } from './table.ts';
import { verdictTable } from './verdict-text.ts';

export interface StatusView {
  readonly fleet: { readonly name: string; readonly uid: string };
  readonly revision: string | null;
  readonly nodes: readonly NodeStatus[];
  readonly rollout: RolloutStatus | null;
  readonly conditions: readonly Condition[];
}

export interface NodeStatus {
  readonly name: string;
  readonly cluster: string;
  /** Version by package, of everything the Fleet asks for; null where it is not known what this node should have. */
  readonly desired: Readonly<Record<string, string>> | null;
  readonly observed: Readonly<Record<string, string>> | null;
  readonly role: string;
  readonly health: string;
  /** Files that are not what the installed release says. */
  readonly drift: number;
  /** `open`, `open until ...`, `opens ...`, `needs consent of ...`, `never`: for a switch and its rollback, by all tenants. */
  readonly window: string;
  /** What is going on there, or why nothing is known. */
  readonly note: string;
}

interface StageStatus {
  readonly stage: number;
  readonly nodes: number;
  readonly completedAt: string | null;
  readonly promotedAt: string | null;
}

export interface RolloutStatus {
  readonly target: string;
  readonly startedAt: string;
  /** Of the hop that leads to the target. */
  readonly stages: readonly (StageStatus & { readonly updated: number })[];
  /** The hops before it, by what each leads to. */
  readonly hops: readonly { readonly leadsTo: string; readonly stages: readonly StageStatus[] }[];
  /** The newest of each gate of each stage, oldest first. */
  readonly verdicts: readonly VerdictSummary[];
}

export interface Condition {
  readonly type: 'Ready' | 'Progressing' | 'Locked' | 'Suspended' | 'Quarantined' | 'Reachable' | 'Accepting';
  readonly status: boolean;
  readonly reason: string;
}

export function statusTable(view: StatusView): string {
  const header = `Fleet ${view.fleet.name}${view.revision === null ? '' : `, revision ${view.revision.slice(0, 10)}`}`;
  const nodes = formatTable(
    ['node', 'cluster', 'desired', 'observed', 'role', 'health', 'drift', 'window', 'note'],
    view.nodes.map((node) => [
      node.name,
      node.cluster,
      node.desired === null ? '?' : versionsText(node.desired),
      node.observed === null ? '?' : versionsText(node.observed),
      node.role,
      node.health,
      node.drift === 0 ? '' : count(node.drift, 'file'),
      node.window,
      node.note,
    ]),
  );
  const conditions = formatTable(
    ['condition', 'status', 'reason'],
    view.conditions.map((one) => [one.type, one.status ? 'True' : 'False', one.reason]),
  );
  return [header, nodes.trimEnd(), ...rolloutLines(view.rollout), conditions.trimEnd()].join('\n\n') + '\n';
}

function rolloutLines(rollout: RolloutStatus | null): string[] {
  if (rollout === null) return [];
  const { hops } = rollout;
  const last = hops.length === 0 ? [] : ['target'];
  const rows = [
    ...hops.flatMap(({ leadsTo, stages }) => stages.map((one) => [leadsTo, ...stageRow(one, String(one.nodes))])),
    ...rollout.stages.map((one) => [...last, ...stageRow(one, `${one.updated} of ${one.nodes}`)]),
  ];
  const columns = ['stage', 'nodes', 'state', 'completed', 'promoted'];
  const table = formatTable(hops.length === 0 ? columns : ['hop', ...columns], rows);
  const verdicts = rollout.verdicts.length === 0 ? [] : [`Gates\n${verdictTable(rollout.verdicts).trimEnd()}`];
  return [`Rollout of ${rollout.target}, started ${rollout.startedAt}\n${table.trimEnd()}`, ...verdicts];
}

function stageRow({ stage, completedAt, promotedAt }: StageStatus, nodes: string): string[] {
  const standing = completedAt === null ? 'open' : 'bakes, or waits for evidence or approval';
  return [String(stage), nodes, promotedAt === null ? standing : 'promoted', completedAt ?? '', promotedAt ?? ''];
}

/** `1.5.0`, or `themisdb 1.5.0, themis-query 1.4.5` where there are several packages. */
function versionsText(versions: Readonly<Record<string, string>>): string {
  const entries = Object.entries(versions);
  if (entries.length === 0) return 'none';
  if (entries.length === 1) return entries[0]![1];
  return entries.map(([name, version]) => `${name} ${version}`).join(', ');
}
