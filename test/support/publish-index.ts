import { createMemoryManifestStore } from '../../src/adapters/manifest-store/memory.ts';
import type { FileSystem } from '../../src/ports/file-system.ts';
import type { ManifestStore } from '../../src/ports/manifest-store.ts';
import type { Signer } from '../../src/ports/signer.ts';
import type { IndexOptions } from '../../src/release/index/assemble-index.ts';
import { finishPublication, type MadeIndex, makeIndex, publishIndex } from '../../src/release/index/publish-index.ts';
import type { FoundRelease } from '../../src/release/scan-releases.ts';

/** What `release index` does with these releases in `/r`: what was begun before comes first. */
export async function publishAt(
  files: FileSystem,
  found: readonly FoundRelease[],
  signer: Signer | undefined,
  options: IndexOptions,
  store: ManifestStore = createMemoryManifestStore(),
): Promise<MadeIndex> {
  const place = { files, root: '/r', store };
  await finishPublication(place);
  const result = await makeIndex(found, signer, options);
  if (result.made !== null) await publishIndex(place, result.made.publication);
  return result;
}
