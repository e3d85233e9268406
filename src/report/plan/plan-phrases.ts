/** The sentences that every format of a plan shares. */
import { formatDuration } from '../../kernel/units/duration.ts';
import { formatSize } from '../../kernel/units/size.ts';
import type { Constraint, NodeDrift, Plan, PlanSource, Transition } from '../../model/plan.ts';
import type { BlockView } from './plan-view.ts';
import { foldNames } from '../name-list.ts';

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

export function describeTransition(transition: Transition): string {
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

export function describeTime(block: BlockView): string {
  const several = block.steps.length > 1;
  const takes = several
    ? `about ${formatDuration(block.estimateMs)} each, ${formatDuration(block.endsAfterMs - block.startsAfterMs)} in all`
    : `about ${formatDuration(block.estimateMs)}`;
  if (block.startsAt === null) {
    return block.startsAfterMs === 0
      ? `${takes}, starts at once`
      : `${takes}, starts after ${formatDuration(block.startsAfterMs)}`;
  }
  return `${takes}, from ${block.startsAt} to ${block.endsAt}`;
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
  return [...alike].map(([phrases, clusters]) => {
    const folded = foldNames(clusters);
    const names =
      folded.length > 6 ? `${folded.slice(0, 5).join(', ')} and more (${clusters.length})` : folded.join(', ');
    return `${clusters.length === 1 ? 'cluster' : 'clusters'} ${names}: ${phrases}`;
  });
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
