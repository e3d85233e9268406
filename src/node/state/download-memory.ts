/**
 * Which files in the downloads were hashed and found right, so that a second look need not read them: as long as one
 * looks as it did then. A memory that fails only costs that look. Whoever installs the bytes hashes them all the same.
 */
import type { Digest } from '../../kernel/digest.ts';
import { ThemisError } from '../../kernel/error.ts';
import type { FileStat } from '../../ports/file-system.ts';
import type { CachedDownload } from '../../ports/manifest-store.ts';
import { stampOf } from '../../release/store/cached-download.ts';
import type { NodeContext } from '../context.ts';
import type { Placed } from '../delivery/placing.ts';

export interface DownloadMemory {
  /** Whether a file that looks like this has this content, as far as is remembered. */
  knows(path: string, stat: FileStat, sha256: string): boolean;
}

type Within = Pick<NodeContext, 'downloads' | 'layout' | 'files' | 'clock'>;

/** What is remembered of these contents. */
export async function recallDownloads(context: Within, contents: readonly string[]): Promise<DownloadMemory> {
  const { downloads, layout } = context;
  const found = await unlessForgetful(() => downloads.recall(layout.manifests, contents.map(digestOf)));
  const known = new Map(found?.map((download) => [download.digest, download]));
  return {
    knows(path, stat, sha256) {
      const download = known.get(digestOf(sha256));
      if (download === undefined || download.path !== path) return false;
      return stat.kind === 'file' && stat.sizeBytes === download.sizeBytes && stampOf(stat) === download.stamp;
    },
  };
}

/** For files that were hashed and not written since. */
export async function rememberDownloads(context: Within, placed: readonly Placed[]): Promise<void> {
  const verifiedAtMs = context.clock.nowMs();
  const downloads: CachedDownload[] = [];
  for (const { path, sha256 } of placed) {
    const stat = await context.files.lstat(path);
    if (stat?.kind !== 'file') continue;
    downloads.push({ digest: digestOf(sha256), path, sizeBytes: stat.sizeBytes, stamp: stampOf(stat), verifiedAtMs });
  }
  if (downloads.length === 0) return;
  await unlessForgetful(() => context.downloads.remember(context.layout.manifests, downloads));
}

/** It was found wrong in spite of how it looks. */
export async function forgetDownload({ downloads, layout }: Within, sha256: string): Promise<void> {
  await unlessForgetful(() => downloads.forget(layout.manifests, digestOf(sha256)));
}

async function unlessForgetful<Result>(work: () => Promise<Result>): Promise<Result | undefined> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ThemisError) return undefined;
    throw error;
  }
}

function digestOf(sha256: string): Digest {
  return `sha256:${sha256}`;
}
