/**
 * Which downloaded file has a content, as long as it lies there untouched since it was hashed. It saves a download and
 * nothing else: whoever installs the bytes hashes them.
 */
import type { Digest } from '../../kernel/digest.ts';
import type { FileStat, FileSystem } from '../../ports/file-system.ts';
import type { DownloadCache } from '../../ports/manifest-store.ts';

/** Hashes the file and remembers where that content lies; returns its digest. */
export async function rememberDownload(
  files: FileSystem,
  cache: DownloadCache,
  path: string,
  nowMs: number,
): Promise<Digest> {
  // The stamp from before: a change while it was hashed shows as one afterwards.
  const stat = await files.lstat(path);
  const { digest, sizeBytes } = await files.digestFile(path);
  if (stat !== null) await cache.put({ digest, path, sizeBytes, stamp: stampOf(stat), verifiedAtMs: nowMs });
  return digest;
}

/** Path of a file with this content, or null. One that is gone or was touched is forgotten. */
export async function findDownload(files: FileSystem, cache: DownloadCache, digest: Digest): Promise<string | null> {
  const known = await cache.get(digest);
  if (known === null) return null;
  const stat = await files.lstat(known.path);
  if (stat?.kind === 'file' && stat.sizeBytes === known.sizeBytes && stampOf(stat) === known.stamp) return known.path;
  await cache.forget(known);
  return null;
}

/** What a file looks like as long as nobody touches it. */
export function stampOf({ inode, modifiedNs, changedNs }: FileStat): string {
  return `${inode} ${modifiedNs} ${changedNs}`;
}
