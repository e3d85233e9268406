/**
 * Raw answers of nodes → Observed: checked, completed and sorted, so that equal facts give equal bytes. It decides
 * nothing about the facts. An answer that cannot be understood counts as no answer, and says why.
 */
import { compareText } from '../kernel/finding.ts';
import type { Failure } from '../kernel/outcome.ts';
import { describeProblem } from '../kernel/shape.ts';
import type { FileDrift, InstalledPackage, Observed, ObservedNode, ReachableNode } from '../model/observed.ts';
import { observedNode } from './observed-shape.ts';

/** What came back from one node that was asked to observe itself: unchecked, or why nothing came. */
export type NodeAnswer =
  | { readonly node: string; readonly observed: unknown }
  | { readonly node: string; readonly failure: Failure };

/** One entry a node that was asked; of two answers for one node the first counts. */
export function collectObserved(answers: Iterable<NodeAnswer>): Observed {
  const nodes = new Map<string, ObservedNode>();
  for (const answer of answers) if (!nodes.has(answer.node)) nodes.set(answer.node, toObservedNode(answer));
  return { nodes: [...nodes.values()].sort((a, b) => compareText(a.name, b.name)) };
}

function toObservedNode(answer: NodeAnswer): ObservedNode {
  if ('failure' in answer) return { name: answer.node, reachable: false, failure: answer.failure };
  const problem = observedNode(answer.observed);
  if (problem !== undefined) return malformed(answer.node, describeProblem(problem, 'the answer'));
  const observed = answer.observed as ObservedNode;
  if (observed.name !== answer.node) return malformed(answer.node, `the answer is that of node ${observed.name}`);
  return normaliseNode(observed);
}

/** Lists in their order, packages by name: equal facts, equal bytes. */
export function normaliseNode(node: ObservedNode): ObservedNode {
  if (!node.reachable) return node;
  const normal: ReachableNode = {
    ...node,
    packages: sortPackages(node.packages),
    drift: node.drift.length < 2 ? node.drift : [...node.drift].sort(compareDrift),
    restorePoints:
      node.restorePoints.length < 2
        ? node.restorePoints
        : [...node.restorePoints].sort((a, b) => compareText(b.createdAt, a.createdAt) || compareText(a.id, b.id)),
    staged: node.staged.length < 2 ? node.staged : [...node.staged].sort(compareText),
  };
  return normal;
}

function sortPackages(
  packages: Readonly<Record<string, InstalledPackage>>,
): Readonly<Record<string, InstalledPackage>> {
  const names = Object.keys(packages);
  if (names.length < 2) return packages;
  return Object.fromEntries(names.sort(compareText).map((name) => [name, packages[name]!]));
}

function compareDrift(a: FileDrift, b: FileDrift): number {
  return compareText(a.path, b.path) || compareText(a.package, b.package) || compareText(a.problem, b.problem);
}

function malformed(name: string, why: string): ObservedNode {
  const message = `Node ${name} sent an observation that cannot be used: ${why}.`;
  return { name, reachable: false, failure: { code: 'UNSUPPORTED_FORMAT', message, retry: 'human' } };
}
