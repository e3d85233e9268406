import { formatSize } from '../../../../kernel/units/size.ts';
import type { Finding } from '../../../../kernel/finding.ts';
import type { ObservedNode, ReachableNode } from '../../../../model/observed.ts';
import type { Catalogue } from '../../../../model/release.ts';
import type { Desired } from '../../../../model/desired.ts';
import { count } from '../../../../report/plan/plan-phrases.ts';
import type { Check, FleetSurroundings } from '../check.ts';

export const healthCheck: Check<FleetSurroundings> = {
  name: 'nodes',
  look({ observed, desired }) {
    const findings = observed.nodes.flatMap((node) => healthFinding(node));
    const { size } = new Set(desired.fleet.nodes.map(({ cluster }) => cluster));
    const detail = `${count(observed.nodes.length, 'node')} in ${count(size, 'cluster')} answer`;
    return Promise.resolve({ detail, findings });
  },
};

function healthFinding(node: ObservedNode): Finding[] {
  if (!node.reachable) {
    const { message, hint } = node.failure;
    const fix = hint ?? 'Start its machine, or take it out of the Fleet.';
    return [{ severity: 'error', code: 'THM6071', summary: `${node.name} does not answer: ${message}`, fix }];
  }
  const { status, detail } = node.health;
  const said = detail === null ? '' : `: ${detail}`;
  const fix = 'Look at its log; `themis node observe` says more there.';
  // A node on which nothing is installed has nothing to run.
  if (status === 'healthy' || Object.keys(node.packages).length === 0) return [];
  if (status === 'unknown') {
    return [{ severity: 'warning', code: 'THM6073', summary: `The health of ${node.name} is not known${said}`, fix }];
  }
  return [{ severity: 'error', code: 'THM6072', summary: `${node.name} is ${status}${said}`, fix }];
}

/** What preflight will ask for: twice the target's files, on the disk of the installation. */
export const diskCheck: Check<FleetSurroundings> = {
  name: 'disk',
  look({ observed, desired, catalogue }) {
    const neededBytes = catalogue instanceof Error ? 0 : 2 * targetBytes(desired, catalogue);
    const reachable = observed.nodes.filter((node) => node.reachable);
    const findings = reachable
      .filter((node) => node.disk.freeBytes < neededBytes)
      .map((node) => full(node, neededBytes));
    const least = Math.min(...reachable.map((node) => node.disk.freeBytes));
    const free = reachable.length === 0 ? 'no node answers' : `at least ${formatSize(least)} free on every node`;
    const detail = `${free}; an update needs ${formatSize(neededBytes)}`;
    return Promise.resolve({ detail, findings });
  },
};

function full({ name, disk }: ReachableNode, neededBytes: number): Finding {
  const summary = `${name} has ${formatSize(disk.freeBytes)} free; an update needs ${formatSize(neededBytes)}.`;
  const fix = 'Free space on its disk, or drop restore points there with: themis node prune';
  return { severity: 'error', code: 'THM6075', summary, fix };
}

function targetBytes({ lock }: Desired, { releases }: Catalogue): number {
  const pinned = new Set(lock?.packages.map(({ manifestHash }) => manifestHash));
  return releases
    .filter(({ manifestHash }) => pinned.has(manifestHash))
    .flatMap(({ files }) => files)
    .reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}

export const anchorsCheck: Check<FleetSurroundings> = {
  name: 'anchors',
  look({ observed }) {
    const findings: Finding[] = [];
    let same = 0;
    for (const node of observed.nodes) {
      if (!node.reachable) continue;
      if (node.refusing === undefined) same += 1;
      else {
        const { message, hint } = node.refusing;
        const fix = hint ?? 'Make the node root anew with: themis node init';
        findings.push({ severity: 'error', code: 'THM6081', summary: `${node.name}: ${message}`, fix });
      }
    }
    return Promise.resolve({ detail: `unchanged since they were fixed on ${count(same, 'node')}`, findings });
  },
};
