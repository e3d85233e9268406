/**
 * The digest of what a plan relies on: packages, drift and restore points of the nodes that have steps or constraints.
 * What moves by itself stays out (free space, load, who leads, what is staged, an operation in hand): that is checked
 * when a step starts. A node that did not answer counts as such, since nothing of it is known. Where there are databases,
 * their schema versions, applied migrations and open runs.
 */
import type { Digest } from '../kernel/digest.ts';
import { digestJson } from '../kernel/digest.ts';
import { compareText } from '../kernel/finding.ts';
import type { NodeStates } from './change/node-state.ts';
import type { ObservedDatabase } from '../model/schema/database.ts';
import type { FileDrift, InstalledPackage, Observed } from '../model/observed.ts';

type Relied = readonly [
  name: string,
  state: null | {
    readonly platform: string;
    readonly architecture: string;
    readonly packages: Readonly<Record<string, InstalledPackage>>;
    readonly drift: readonly FileDrift[];
    readonly restorePoints: readonly (readonly [id: string, packages: Readonly<Record<string, InstalledPackage>>])[];
  },
];

/** `states`: equal packages become one object, which is written once. */
export function observedDigest(observed: Observed, nodes: ReadonlySet<string>, states: NodeStates): Digest {
  const relied: Relied[] = [];
  for (const node of observed.nodes) {
    if (!nodes.has(node.name)) continue;
    if (!node.reachable) {
      relied.push([node.name, null]);
      continue;
    }
    const { platform, architecture, drift } = node;
    const { packages } = states.of(node.packages);
    const restorePoints = node.restorePoints.map((point) => [point.id, states.of(point.packages).packages] as const);
    relied.push([node.name, { platform, architecture, packages, drift, restorePoints }]);
  }
  if (relied.some(([name], index) => index > 0 && relied[index - 1]![0] > name)) {
    relied.sort(([a], [b]) => compareText(a, b));
  }
  if (observed.databases.length === 0) return digestJson(relied);
  return digestJson({ nodes: relied, databases: observed.databases.map(reliedDatabase) });
}

/** Where it stands, and whether something is in hand there: all of it moves by plans alone. */
function reliedDatabase(database: ObservedDatabase): object {
  const { name } = database;
  if (!database.reachable) return [name, null];
  const { schemaVersion, applied, open } = database;
  return [
    name,
    {
      schemaVersion,
      applied: applied.map(({ migration, schemaVersion: version, digest, done }) => [migration, version, digest, done]),
      open: open === null ? null : [open.migration, open.phase],
    },
  ];
}
