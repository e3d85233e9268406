/**
 * Package states of nodes, each kept once: in a fleet most nodes have the same state, and what is the same object is
 * compared, hashed and written once.
 */
import { compareText } from '../../kernel/finding.ts';
import type { InstalledPackage } from '../../model/observed.ts';
import type { StepState } from '../../model/plan.ts';

export type Packages = Readonly<Record<string, InstalledPackage>>;

export interface NodeState {
  /** Equal for equal packages. */
  readonly key: string;
  readonly packages: Packages;
  /** As a step carries it. */
  readonly step: StepState;
}

export interface NodeStates {
  of(packages: Packages): NodeState;
}

export function createNodeStates(): NodeStates {
  const known = new Map<Packages, NodeState>();
  /** States that may be equal: cheaper to compare than to spell out, when nodes have many packages. */
  const alike = new Map<number, NodeState[]>();
  return {
    of(packages) {
      const again = known.get(packages);
      if (again !== undefined) return again;
      const names = Object.keys(packages);
      if (names.length > 1) names.sort(compareText);
      const hint = hintOf(packages, names);
      let candidates = alike.get(hint);
      if (candidates === undefined) alike.set(hint, (candidates = []));
      let state = candidates.find((candidate) => isEqual(candidate.packages, packages, names));
      if (state === undefined) candidates.push((state = makeState(packages, names)));
      known.set(packages, state);
      return state;
    },
  };
}

/** Equal for equal packages, and different for most others: taken from the first digits of the manifest hashes. */
function hintOf(packages: Packages, names: readonly string[]): number {
  let hint = names.length;
  for (const name of names) {
    const { manifestHash } = packages[name]!;
    for (let at = 7; at < 11; at += 1) hint = (Math.imul(hint, 31) + manifestHash.charCodeAt(at)) | 0;
  }
  return hint;
}

function isEqual(a: Packages, b: Packages, names: readonly string[]): boolean {
  return names.every((name) => {
    const [one, other] = [a[name], b[name]!];
    return (
      one !== undefined &&
      one.manifestHash === other.manifestHash &&
      one.version === other.version &&
      one.dataSchemaVersion === other.dataSchemaVersion
    );
  });
}

function makeState(packages: Packages, names: readonly string[]): NodeState {
  const sorted = Object.fromEntries(
    names.map((name): [string, InstalledPackage] => {
      const { version, manifestHash, dataSchemaVersion } = packages[name]!;
      return [name, { version, manifestHash, dataSchemaVersion }];
    }),
  );
  const parts = names.map((name) => {
    const { version, manifestHash, dataSchemaVersion } = packages[name]!;
    return `${name} ${version} ${manifestHash} ${dataSchemaVersion}`;
  });
  return { key: parts.join(';'), packages: sorted, step: { packages: sorted } };
}

/** Whether the manifests are the same, package by package. */
export function sameManifests(a: Packages, b: Packages): boolean {
  const names = Object.keys(a);
  return (
    names.length === Object.keys(b).length && names.every((name) => a[name]!.manifestHash === b[name]?.manifestHash)
  );
}
