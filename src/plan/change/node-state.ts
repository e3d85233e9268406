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
  const states = new Map<string, NodeState>();
  const known = new Map<Packages, NodeState>();
  return {
    of(packages) {
      const again = known.get(packages);
      if (again !== undefined) return again;
      const names = Object.keys(packages);
      if (names.length > 1) names.sort(compareText);
      let key = '';
      for (const name of names) {
        const { version, manifestHash, dataSchemaVersion } = packages[name]!;
        key += `${name} ${version} ${manifestHash} ${dataSchemaVersion};`;
      }
      let state = states.get(key);
      if (state === undefined) {
        const sorted = Object.fromEntries(
          names.map((name): [string, InstalledPackage] => {
            const { version, manifestHash, dataSchemaVersion } = packages[name]!;
            return [name, { version, manifestHash, dataSchemaVersion }];
          }),
        );
        state = { key, packages: sorted, step: { packages: sorted } };
        states.set(key, state);
      }
      known.set(packages, state);
      return state;
    },
  };
}

/** Whether the manifests are the same, package by package. */
export function sameManifests(a: Packages, b: Packages): boolean {
  const names = Object.keys(a);
  return (
    names.length === Object.keys(b).length && names.every((name) => a[name]!.manifestHash === b[name]?.manifestHash)
  );
}
