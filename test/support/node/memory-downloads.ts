import type { DownloadsMemory } from '../../../src/node/deps.ts';
import type { Digest } from '../../../src/kernel/digest.ts';
import type { CachedDownload } from '../../../src/ports/manifest-store.ts';

/** What a node remembers of its downloads; it outlives the process, as the file does. */
export function memoryDownloads(): DownloadsMemory {
  const known = new Map<Digest, CachedDownload>();
  return {
    recall: async (_file, digests) =>
      digests.map((digest) => known.get(digest)).filter((download) => download !== undefined),
    async remember(_file, downloads) {
      for (const download of downloads) known.set(download.digest, download);
    },
    forget: async (_file, digest) => void known.delete(digest),
  };
}
