/** Which nodes a rollback concerns, and to which of its restore points each returns. */
import semver from 'semver';
import { compareText } from '../../kernel/finding.ts';
import type { ReachableNode, RestorePointSummary } from '../../model/observed.ts';
import type { Packages } from '../change/node-state.ts';
import { sameManifests } from '../change/node-state.ts';
import type { NodeWork } from '../change/node-work.ts';
import { listNames, type Notes } from '../findings/notes.ts';
import type { RollbackInputs, RollbackWhat } from './plan-rollback.ts';

export function addressesOf(what: RollbackWhat): readonly string[] {
  return what.kind === 'all' ? [] : [`${what.kind}/${what.name}`];
}

export function rollbackWorks({ nodes, observed, what }: RollbackInputs, notes: Notes): readonly NodeWork[] {
  const seen = new Map(observed.nodes.map((node) => [node.name, node]));
  const works = [...nodes]
    .sort((a, b) => compareText(a.name, b.name))
    .map((node): NodeWork => ({
      node,
      observed: seen.get(node.name),
      change: undefined,
      refused: false,
      inScope:
        what.kind === 'all' || (what.kind === 'node' ? node.name === what.name : node.tenants.includes(what.name)),
    }));
  if (what.kind === 'tenant') noteShared(works, what.name, notes);
  for (const { node, observed, inScope } of works) {
    if (!inScope || observed?.reachable === true) continue;
    notes.gather('rollbackUnreachable', '', node.name, (names) => ({
      summary: `${names} could not be observed and is not rolled back.`,
      fix: 'Bring it back and run the rollback again.',
    }));
  }
  if (!works.some((work) => work.inScope)) {
    notes.note('scopeUnknown', {
      summary: `The Fleet has no ${addressesOf(what).join('') || 'nodes'}.`,
      fix: 'List the nodes with `themis status`.',
    });
  }
  return works;
}

/** A node goes back for all whom it serves. */
function noteShared(works: readonly NodeWork[], tenant: string, notes: Notes): void {
  for (const { node, inScope } of works) {
    const others = inScope ? node.tenants.filter((name) => name !== tenant) : [];
    if (others.length === 0) continue;
    notes.gather('rollbackShared', others.join(), node.name, (names, count) => ({
      summary: `${names} also ${count === 1 ? 'serves' : 'serve'} ${listNames(others)}, who go back with ${tenant}.`,
      fix: `Tell them, or leave such nodes out and roll the others back one by one with \`themis rollback node/NAME\`.`,
    }));
  }
}

export function choosePoint(
  node: ReachableNode,
  to: string | undefined,
  notes: Notes,
): RestorePointSummary | undefined {
  if (to !== undefined) {
    const named = node.restorePoints.find((point) => point.id === to);
    if (named !== undefined && !sameManifests(named.packages, node.packages)) return named;
    if (named === undefined) {
      notes.gather('nothingToRollBack', `without ${to}`, node.name, (names) => ({
        summary: `${names} holds no restore point ${to}.`,
      }));
    }
    return undefined;
  }
  return node.restorePoints.find(
    (point) => !sameManifests(point.packages, node.packages) && isEarlier(point.packages, node.packages),
  );
}

/**
 * An earlier state of what runs. The point that a rollback keeps of the newer state is newer itself, and the one made
 * before the first installation holds nothing: a service is taken away only by `--to`, never by asking once too often.
 */
function isEarlier(kept: Packages, present: Packages): boolean {
  const packages = Object.entries(kept);
  if (packages.length === 0) return false;
  return packages.every(([name, { version }]) => {
    const now = present[name];
    return now !== undefined && semver.lte(version, now.version);
  });
}

export function noteNothing(works: readonly NodeWork[], to: string | undefined, notes: Notes): void {
  const asked = works.filter((work) => work.inScope && work.observed?.reachable === true);
  if (asked.length === 0 || asked.some((work) => work.change !== undefined)) return;
  const names = asked.map((work) => work.node.name);
  const already = to !== undefined && asked.some((work) => holds(work, to));
  if (already) return;
  for (const name of names) {
    notes.gather('restorePointUnknown', '', name, (list) => ({
      summary:
        to === undefined
          ? `${list} holds no restore point of an earlier state.`
          : `${list} holds no restore point ${to}.`,
      fix: 'List them with `themis status -v` or `themis node restore-points`.',
    }));
  }
}

function holds(work: NodeWork, id: string): boolean {
  return work.observed?.reachable === true && work.observed.restorePoints.some((point) => point.id === id);
}
