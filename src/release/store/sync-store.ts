import type { ManifestStore } from '../../ports/manifest-store.ts';
import type { FoundRelease } from '../scan-releases.ts';

/** Makes the store say what lies in the directory, which alone is right: whatever the store said before, or nothing. */
export async function syncStore(store: ManifestStore, found: readonly FoundRelease[]): Promise<void> {
  const known = new Map(
    (await store.find({})).map(({ directory, manifest }) => [directory, manifest.manifestHash] as const),
  );
  for (const { directory, result } of found) {
    if (!result.ok) continue;
    if (known.get(directory) !== result.manifest.manifestHash)
      await store.put({ directory, manifest: result.manifest });
    known.delete(directory);
  }
  if (known.size > 0) await store.forget([...known.keys()]);
}
