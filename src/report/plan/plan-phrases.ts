/** The sentences that every format of a plan shares. */
import { formatSize } from '../../kernel/units/size.ts';
import type { Constraint, NodeDrift, Plan, PlanSource, PlanStep, Transition } from '../../model/plan.ts';
import { foldNames } from '../name-list.ts';
import { nodeName, type PlanView, type SchemaView } from './plan-view.ts';

export function count(amount: number, one: string, many = `${one}s`): string {
  return `${amount.toLocaleString('en-US')} ${amount === 1 ? one : many}`;
}

/** The last line of a plan, for people and for scripts that look for it. */
export function closingLine(plan: Plan): string {
  const { create, update, repair, rollback, migrate, deferred, irreversible } = plan.summary;
  if (plan.steps.length + deferred === 0 && plan.complete && !plan.errored) {
    return `No changes. Every node matches ${describeRevision(plan.source)}.`;
  }
  const moving = create + update + rollback;
  return `Plan: ${moving} to update, ${repair} to repair, ${migrate} to migrate; ${deferred} deferred, ${irreversible} irreversible.`;
}

/** What `to update` holds besides updates; undefined where there is nothing else. */
export function newAndReturning({ summary }: Plan): string | undefined {
  const parts = [
    ...(summary.create > 0 ? [`${summary.create} installed for the first time`] : []),
    ...(summary.rollback > 0 ? [`${summary.rollback} rolled back`] : []),
  ];
  return parts.length === 0 ? undefined : `Among those to update: ${parts.join(', ')}.`;
}

export function describeRevision({ revision, dirty }: PlanSource): string {
  if (revision === null) return 'the desired state';
  return dirty ? `${shortRevision(revision)} with local changes` : shortRevision(revision);
}

export function shortRevision(revision: string): string {
  return /^[0-9a-f]{40,64}$/u.test(revision) ? revision.slice(0, 10) : revision;
}

function describeTransition(transition: Transition): string {
  const { add, change, remove, bytes } = transition.files;
  const files = [
    ...(change > 0 ? [`${change} changed`] : []),
    ...(add > 0 ? [`${add} new`] : []),
    ...(remove > 0 ? [`${remove} removed`] : []),
  ];
  const what = files.length === 0 ? 'no file changes' : `files: ${files.join(', ')}`;
  const versions = transition.from === null ? transition.to : `${transition.from} → ${transition.to}`;
  return `${transition.package} ${versions}  ${what}; ${formatSize(bytes)}; ${transition.restart ? 'restart' : 'no restart'}`;
}

const shownTransitions = 3;

/** A line a package; of many packages the first, and one line for the rest. */
export function describeTransitions(transitions: readonly Transition[]): readonly string[] {
  if (transitions.length <= shownTransitions + 2) return transitions.map(describeTransition);
  const rest = transitions.slice(shownTransitions);
  const bytes = rest.reduce((sum, { files }) => sum + files.bytes, 0);
  return [
    ...transitions.slice(0, shownTransitions).map(describeTransition),
    `and ${count(rest.length, 'more package')}; ${formatSize(bytes)}`,
  ];
}

export function describeDrift({ files }: NodeDrift): string {
  const byPackage = Map.groupBy(files, (file) => file.package);
  return [...byPackage].map(([name, list]) => `${count(list.length, 'file')} of ${name}`).join(', ');
}

/** Clusters under the same limits in one sentence each. */
export function describeLimits(constraints: readonly Constraint[]): readonly string[] {
  const byCluster = new Map<string, string[]>();
  for (const constraint of constraints) {
    if (constraint.kind === 'window') continue;
    const parts = byCluster.get(constraint.cluster);
    const phrase = limitPhrase(constraint);
    if (parts === undefined) byCluster.set(constraint.cluster, [phrase]);
    else parts.push(phrase);
  }
  const alike = Map.groupBy([...byCluster.keys()].sort(), (cluster) => byCluster.get(cluster)!.join(', '));
  return [
    ...[...alike].map(([phrases, clusters]) => `${counted('cluster', clusters)}: ${phrases}`),
    ...describeWindows(constraints),
  ];
}

/** Nodes that the same tenants restrict in one sentence, at most so many sentences. */
const shownTenants = 5;

function describeWindows(constraints: readonly Constraint[]): readonly string[] {
  const windows = constraints.filter((constraint) => constraint.kind === 'window');
  if (windows.length === 0) return [];
  const groups = [...Map.groupBy(windows, ({ tenants }) => tenants.join(', '))];
  if (groups.length > shownTenants) {
    const tenants = new Set(windows.flatMap((constraint) => constraint.tenants));
    return [
      `${count(windows.length, 'node')}: only when their tenants allow it (${tenants.size.toLocaleString('en-US')} tenants)`,
    ];
  }
  return groups.map(([, list]) => {
    const { tenants } = list[0]!;
    const names = foldedNames(list.map(({ node }) => node));
    return `${names}: only when ${tenants.join(' and ')} ${tenants.length === 1 ? 'allows' : 'allow'} it`;
  });
}

function counted(one: string, list: readonly string[]): string {
  return `${one}${list.length === 1 ? '' : 's'} ${foldedNames(list)}`;
}

function foldedNames(list: readonly string[]): string {
  const folded = foldNames(list);
  return folded.length > 6 ? `${folded.slice(0, 5).join(', ')} and more (${list.length})` : folded.join(', ');
}

/** The steps that are taken back, hop by hop, the last hop first: `hop 2: node-b, node-a`. */
export function undoLines({ plan, undo, schemaOf }: PlanView, shown: number): readonly string[] {
  const steps = new Map(plan.steps.map((step) => [step.id, step]));
  const hops = Map.groupBy(
    undo.flatMap((id) => steps.get(id) ?? []),
    (step) => step.hop ?? Infinity,
  );
  const last = 1 + new Set(plan.steps.flatMap(({ hop }) => hop ?? [])).size;
  return [...hops].map(([hop, list]) => {
    const names = list.map((step) => {
      const schema = schemaOf(step);
      return schema === undefined ? nodeName(step) : schemaName(step, schema);
    });
    const rest = names.length - shown;
    const more = rest > 0 ? `, then ${rest.toLocaleString('en-US')} more` : '';
    const label = last === 1 ? '' : `hop ${Math.min(hop, last)}: `;
    return `${label}${names.slice(0, shown).join(', ')}${more}`;
  });
}

/** A line an operation, with why it cannot be taken back. */
export function describeOperations({ work, operations }: SchemaView): readonly string[] {
  const shown = operations.length > shownOperations + 1 ? shownOperations : operations.length;
  const lines = operations
    .slice(0, shown)
    .map(({ does, irreversible }) => (irreversible === undefined ? does : `${does}; cannot be undone: ${irreversible}`))
    .map((line) => (work === 'undo' ? `undoes: ${line}` : line));
  return shown < operations.length ? [...lines, `and ${operations.length - shown} more`] : lines;
}

const shownOperations = 8;

/** `database/orders (contract of add-phone)`. */
export function schemaName({ target }: PlanStep, { work, migration }: SchemaView): string {
  return `${target} (${work} of ${migration})`;
}

/** How a step in a database is taken back. */
export function schemaUndoText({ work, migration }: SchemaView, isFinal: boolean): string {
  if (isFinal) return 'cannot be undone';
  switch (work) {
    case 'expand':
      return `undo: takes all of ${migration} back`;
    case 'migrate':
    case 'contract':
      return `undo: with the expand of ${migration}`;
    case 'undo':
      return 'undo: bring its file back';
  }
}

/** Why a plan is incomplete. */
export function incompleteLine({ findings }: Plan): string {
  const codes = new Set<string>(findings.map(({ code }) => code));
  const databases = codes.has('THM7400') || codes.has('THM7401');
  const nodes = !databases || codes.has('THM3020') || codes.has('THM3021');
  if (databases && nodes) return 'Incomplete: not every node and database could be observed.';
  return `Incomplete: not every ${databases ? 'database' : 'node'} could be observed.`;
}

/** What the expected end leaves out. */
export function notCounted(plan: Plan): string {
  const judged = plan.steps.some(({ params }) => params?.['gates'] !== undefined);
  return judged ? 'waiting for approvals and evidence not counted' : 'waiting for approvals not counted';
}

function limitPhrase(constraint: Exclude<Constraint, { kind: 'window' }>): string {
  switch (constraint.kind) {
    case 'leaderLast':
      return 'leader last';
    case 'maxUnavailable':
      return `at most ${constraint.value} away at once`;
    case 'maxMinorSkew':
      return `at most ${count(constraint.value, 'minor version')} apart`;
    case 'quorum':
      return `${constraint.mustStayUp} of ${constraint.members} stay up`;
  }
}
