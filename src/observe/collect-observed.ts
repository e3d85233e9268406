/**
 * Raw answers of nodes → Observed: checked, completed and sorted, so that equal facts give equal bytes. It decides
 * nothing about the facts. An answer that cannot be understood counts as no answer, and says why.
 */
import { compareText } from '../kernel/finding.ts';
import type { Failure } from '../kernel/outcome.ts';
import { describeProblem, readShape } from '../kernel/document/shape.ts';
import type {
  FileDrift,
  InstalledPackage,
  Observed,
  ObservedNode,
  ReachableNode,
  RestorePointSummary,
} from '../model/observed.ts';
import { observedNode } from './observed-shape.ts';

/** What came back from one node that was asked to observe itself: unchecked, or why nothing came. */
export type NodeAnswer =
  | { readonly node: string; readonly observed: unknown }
  | { readonly node: string; readonly failure: Failure };

/** One entry a node that was asked; of two answers for one node the first counts. */
export function collectObserved(answers: Iterable<NodeAnswer>): Observed {
  const nodes = new Map<string, ObservedNode>();
  for (const answer of answers) if (!nodes.has(answer.node)) nodes.set(answer.node, toObservedNode(answer));
  return { nodes: [...nodes.values()].sort((a, b) => compareText(a.name, b.name)), databases: [] };
}

function toObservedNode(answer: NodeAnswer): ObservedNode {
  if ('failure' in answer) return { name: answer.node, reachable: false, failure: answer.failure };
  const read = readShape(observedNode, answer.observed, 1);
  if (!read.ok) return malformed(answer.node, describeProblem(read.problems[0], 'the answer'));
  const observed = read.value;
  if (observed.name !== answer.node) return malformed(answer.node, `the answer is that of node ${observed.name}`);
  return normaliseNode(observed);
}

/** Lists in their order, packages by name: equal facts, equal bytes. A node that is so already is returned as it is. */
export function normaliseNode(node: ObservedNode): ObservedNode {
  if (!node.reachable) return node;
  const packages = sortPackages(node.packages);
  const drift = sorted(node.drift, compareDrift);
  const restorePoints = sorted(node.restorePoints, newestFirst);
  const staged = sorted(node.staged, compareText);
  const isNormal =
    packages === node.packages &&
    drift === node.drift &&
    restorePoints === node.restorePoints &&
    staged === node.staged;
  if (isNormal) return node;
  const normal: ReachableNode = { ...node, packages, drift, restorePoints, staged };
  return normal;
}

function sorted<T>(list: readonly T[], compare: (a: T, b: T) => number): readonly T[] {
  for (let index = 1; index < list.length; index += 1) {
    if (compare(list[index - 1]!, list[index]!) > 0) return [...list].sort(compare);
  }
  return list;
}

function newestFirst(a: RestorePointSummary, b: RestorePointSummary): number {
  return compareText(b.createdAt, a.createdAt) || compareText(a.id, b.id);
}

function sortPackages(
  packages: Readonly<Record<string, InstalledPackage>>,
): Readonly<Record<string, InstalledPackage>> {
  const names = Object.keys(packages);
  const inOrder = sorted(names, compareText);
  return inOrder === names ? packages : Object.fromEntries(inOrder.map((name) => [name, packages[name]!]));
}

function compareDrift(a: FileDrift, b: FileDrift): number {
  return compareText(a.path, b.path) || compareText(a.package, b.package) || compareText(a.problem, b.problem);
}

function malformed(name: string, why: string): ObservedNode {
  const message = `Node ${name} sent an observation that cannot be used: ${why}.`;
  return { name, reachable: false, failure: { code: 'UNSUPPORTED_FORMAT', message, retry: 'human' } };
}
