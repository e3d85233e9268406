import type { FileSystem } from '../../../ports/file-system.ts';
import type { CopyOrigin } from '../delivery.ts';
import type { ReadDelta } from './plan-patches.ts';

/** What patches may start at on this node, by its SHA-256. */
export type Bases = Map<string, Base>;

export interface Base {
  /** Absolute, in the order in which they are tried: whoever reads one holds it against its hash. */
  readonly paths: readonly string[];
  /** Of the largest of them. */
  readonly sizeBytes: number;
}

/** Adds to `bases` what these deltas start at and this node has. */
export async function lookAtBases(
  files: FileSystem,
  copies: ReadonlyMap<string, readonly CopyOrigin[]>,
  deltas: readonly ReadDelta[],
  bases: Bases,
): Promise<void> {
  for (const { delta } of deltas) {
    for (const { baseHash } of delta.files) {
      const known = bases.has(baseHash) ? undefined : copies.get(baseHash);
      if (known === undefined) continue;
      const found: { readonly path: string; readonly sizeBytes: number }[] = [];
      for (const { path } of known) {
        const stat = await files.lstat(path);
        if (stat?.kind === 'file') found.push({ path, sizeBytes: stat.sizeBytes });
      }
      if (found.length === 0) continue;
      const sizeBytes = Math.max(...found.map((each) => each.sizeBytes));
      bases.set(baseHash, { paths: found.map(({ path }) => path), sizeBytes });
    }
  }
}
