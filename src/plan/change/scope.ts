/**
 * What `--target`, `--exclude` and `-l` select, closed over what the order of a cluster needs: a leader goes last, so
 * a selected leader brings the followers that change, and an excluded follower that changes keeps its leader out.
 */
import { didYouMean } from '../../kernel/did-you-mean.ts';
import { compareText } from '../../kernel/finding.ts';
import type { Selector } from '../../kernel/selector.ts';
import { parseSelector, selects } from '../../kernel/selector.ts';
import type { PlanScope } from '../../model/plan.ts';
import type { Notes } from '../findings/notes.ts';
import type { ScopeRequest } from '../plan-inputs.ts';
import type { Cluster, NodeWork } from './node-work.ts';

export function planScope(request: ScopeRequest): PlanScope {
  return {
    targets: [...new Set(request.targets)].sort(compareText),
    excludes: [...new Set(request.excludes)].sort(compareText),
    ...(request.selector === undefined ? {} : { selector: request.selector }),
  };
}

/** Sets `inScope` on every node. */
export function selectNodes(works: readonly NodeWork[], request: ScopeRequest, notes: Notes): void {
  const known = new Set(works.map((work) => work.node.name));
  const targets = nodeNames(request.targets, known, notes);
  const excludes = nodeNames(request.excludes, known, notes);
  const selector = request.selector === undefined ? undefined : readSelector(request.selector, notes);
  let count = 0;
  for (const work of works) {
    work.inScope =
      (request.targets.length === 0 || targets.has(work.node.name)) &&
      !excludes.has(work.node.name) &&
      (selector === undefined || selects(selector, work.node.labels));
    if (work.inScope) count += 1;
  }
  if (count === 0 && works.length > 0) {
    notes.note('scopeEmpty', {
      summary: 'The targets, excludes and selector select no node.',
      fix: 'List the nodes with `themis status`.',
    });
  }
}

function nodeNames(addresses: readonly string[], known: ReadonlySet<string>, notes: Notes): ReadonlySet<string> {
  const names = new Set<string>();
  for (const address of addresses) {
    const name = address.startsWith('node/') ? address.slice('node/'.length) : undefined;
    if (name !== undefined && known.has(name)) {
      names.add(name);
      continue;
    }
    const near = didYouMean(name ?? address, known);
    notes.note('scopeUnknown', {
      summary: `The Fleet has no ${address}.`,
      fix: near === undefined ? 'Write node/NAME, with a name that the Fleet lists.' : `Did you mean node/${near}?`,
    });
  }
  return names;
}

function readSelector(text: string, notes: Notes): Selector {
  const selector = parseSelector(text);
  if (selector !== undefined) return selector;
  notes.note('scopeUnknown', {
    summary: `"${text}" is not a label selector.`,
    fix: 'Write key=value, key!=value, key or !key, joined by commas.',
  });
  return [];
}

/** Clusters whose leader the closure concerns stay in the plan's constraints, so that planning again finds the same. */
export function closeScope(clusters: readonly Cluster[], request: ScopeRequest, notes: Notes): void {
  if (request.targets.length + request.excludes.length === 0 && request.selector === undefined) return;
  const excludes = new Set(request.excludes);
  for (const cluster of clusters) {
    const { leader } = cluster;
    if (leader?.change === undefined || !leader.inScope) continue;
    const behind = cluster.members.filter((work) => work !== leader && work.change !== undefined && !work.inScope);
    const kept = behind.find((work) => excludes.has(`node/${work.node.name}`));
    if (kept !== undefined) {
      leader.inScope = false;
      notes.note('scopeNarrowed', {
        summary: `node/${leader.node.name} leads cluster ${cluster.name} and goes last, so it is left out with node/${kept.node.name}.`,
      });
      continue;
    }
    for (const work of behind) {
      work.inScope = true;
      notes.gather('scopeWidened', cluster.name, `node/${work.node.name}`, (names) => ({
        summary: `${names} added: node/${leader.node.name} leads cluster ${cluster.name} and goes after its followers.`,
      }));
    }
  }
}
