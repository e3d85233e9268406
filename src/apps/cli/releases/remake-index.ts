import { openDirectorySource } from '../../../adapters/release-source/directory.ts';
import { ThemisError } from '../../../kernel/error.ts';
import type { FileSystem } from '../../../ports/file-system.ts';
import type { ManifestStore } from '../../../ports/manifest-store.ts';
import type { Signer } from '../../../ports/signer.ts';
import { scanDeltas } from '../../../release/delta/scan-deltas.ts';
import { type PublishedIndex, publishIndex } from '../../../release/index/publish-index.ts';
import { scanLists } from '../../../release/index/scan-lists.ts';
import { presentIndex, yankedAfter } from '../../../release/index/yank.ts';
import { scanReleases } from '../../../release/scan-releases.ts';
import { syncStore } from '../../../release/store/sync-store.ts';

export interface RemadeIndex {
  readonly nowMs: number;
  readonly freshForMs: number;
  /** Default: one more than that of the index before. */
  readonly counter?: number | undefined;
  /** `package@version`, on top of what the index before says. */
  readonly yank?: readonly string[];
  readonly unyank?: readonly string[];
  readonly changes?: number;
}

/** The index of what lies in a directory by now, over the one before. For whoever holds the lock of the directory. */
export async function remakeIndex(
  fileSystem: FileSystem,
  store: ManifestStore | null,
  directory: string,
  signer: Signer | undefined,
  options: RemadeIndex,
): Promise<PublishedIndex> {
  const found = await scanReleases(fileSystem, directory);
  if (found.length === 0) throw new ThemisError('NOT_FOUND', `${directory} holds no release.`);
  if (store !== null) await syncStore(store, found);
  const present = await presentIndex(openDirectorySource(directory));
  const { nowMs, freshForMs, changes } = options;
  return publishIndex(fileSystem, directory, found, signer, {
    nowMs,
    freshForMs,
    counter: options.counter ?? (present?.counter ?? 0) + 1,
    yanked: yankedAfter(present, found, options.yank ?? [], options.unyank ?? []),
    crls: await scanLists(fileSystem, directory),
    deltas: await scanDeltas(fileSystem, directory),
    ...(changes === undefined ? {} : { changes }),
  });
}
