/** The ways to keep manifests, one case each; all face the same contract suite. */
import type { ManifestStore } from '../../ports/manifest-store.ts';
import { createMemoryManifestStore } from './memory.ts';
import { openSqliteManifestStore } from './sqlite.ts';

export type ManifestStoreSpec =
  /** Gone with the process: for commands that only look. */
  | { readonly kind: 'memory' }
  /** `isPrivate`: what it says is believed, so the file has to be its owner's alone. */
  | { readonly kind: 'sqlite'; readonly file: string; readonly isPrivate: boolean };

export async function openManifestStore(spec: ManifestStoreSpec): Promise<ManifestStore> {
  switch (spec.kind) {
    case 'memory':
      return createMemoryManifestStore();
    case 'sqlite':
      return openSqliteManifestStore(spec.file, spec.isPrivate);
  }
}
