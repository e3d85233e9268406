import type { FileSystem } from '../../ports/file-system.ts';
import type { ManifestStore } from '../../ports/manifest-store.ts';

/** A directory of releases with its store. */
export interface ReleasesPlace {
  readonly files: FileSystem;
  /** Absolute. */
  readonly root: string;
  readonly store: ManifestStore;
}
