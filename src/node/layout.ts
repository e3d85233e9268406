/**
 * Where things lie in a node root. Paths are absolute and `/`-separated; relative ones from outside pass the path
 * guard before they are joined.
 */
import { hexOf } from '../kernel/digest.ts';
import type { Digest } from '../kernel/digest.ts';
import type { NodeConfig } from './config/node-config.ts';

/** Below the install directory: prepared copies of the operation at work. No release may name it. */
const workName = '.themis';

export type Layout = ReturnType<typeof layoutOf>;

export function layoutOf({ directories }: Pick<NodeConfig, 'directories'>) {
  const { install, state, downloads, trust } = directories;
  return {
    install,
    state,
    downloads,
    trust,
    anchors: `${trust}/anchors.json`,
    lists: `${trust}/crls`,
    audit: `${state}/audit.jsonl`,
    auditLock: `${state}/audit.lock`,
    record: `${state}/node.json`,
    installed: `${state}/installed.json`,
    manifests: `${state}/manifests.db`,
    lock: `${state}/lock`,
    authorityLock: `${state}/authority.lock`,
    current: `${state}/current`,
    reserve: `${state}/reserve`,
    operations: `${state}/operations`,
    objects: `${state}/objects`,
    restorePoints: `${state}/restore-points`,
    work: `${install}/${workName}`,
    journal: (operation: string) => `${state}/operations/${operation}.jsonl`,
    object: (sha256: string) => `${state}/objects/${sha256}`,
    restorePoint: (id: string) => `${state}/restore-points/${id}.json`,
    workOf: (operation: string) => `${install}/${workName}/${operation}`,
    staged: (manifestHash: Digest) => `${downloads}/${hexOf(manifestHash)}`,
    inInstall: (path: string) => `${install}/${path}`,
  };
}

export const configFileOf = (root: string): string => `${root}/node.yaml`;

/** Beside it, where a node was made with directories of its own: which they are. */
export const fixedPlacesOf = (root: string): string => `${root}/node.places.json`;

/** The directory that names this path. */
export function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

/** Every directory above a relative path, outermost first: `a/b/c` gives `a`, `a/b`. */
export function ancestorsOf(path: string): string[] {
  const ancestors: string[] = [];
  for (let slash = path.indexOf('/'); slash !== -1; slash = path.indexOf('/', slash + 1)) {
    ancestors.push(path.slice(0, slash));
  }
  return ancestors;
}
