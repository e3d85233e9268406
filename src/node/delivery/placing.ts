/**
 * Puts whole files in their place, and finds those that an earlier run put there. A name in its place stands for bytes
 * that are durable; that the name itself is durable is seen to now and then, so that a power cut does not cost all of it.
 */
import { hexOf } from '../../kernel/digest.ts';
import type { FileStat, FileSystem } from '../../ports/file-system.ts';
import { ancestorsOf } from '../layout.ts';
import type { Content } from './delivery.ts';

export interface Placing {
  /** With its bytes; what lies there and is not that is removed. */
  isThere(target: string, content: Content): Promise<boolean>;
  place(from: string, target: string, content: Content): Promise<void>;
  /** Nothing of it goes on. Throws what went wrong beside the last call. */
  settled(): Promise<void>;
  /** What was found right or put there; of what else lies there nothing was looked at. */
  right(): readonly Placed[];
}

export interface Placed {
  /** Absolute. */
  readonly path: string;
  readonly sha256: string;
}

export interface PlacingGiven {
  readonly files: FileSystem;
  /** Absolute, above all targets. */
  readonly root: string;
  /** After so many bytes names are made durable. */
  readonly stepBytes: number;
  /** Whether a file that looks like this has this content, without reading it. */
  readonly isKnown: (path: string, stat: FileStat, content: Content) => boolean;
}

export function createPlacing({ files, root, stepBytes, isKnown }: PlacingGiven): Placing {
  let touched = new Set<string>();
  let unsyncedBytes = 0;
  let syncing: Promise<void> = Promise.resolve();
  let isSyncing = false;
  const right: Placed[] = [];

  const sync = async (directories: ReadonlySet<string>): Promise<void> => {
    isSyncing = true;
    try {
      for (const directory of [...directories].sort().reverse()) await files.syncDirectory(directory);
    } finally {
      isSyncing = false;
    }
  };
  /** It is right, and its name is to become durable, together with others. */
  const touch = async (target: string, { sha256, sizeBytes }: Content): Promise<void> => {
    right.push({ path: target, sha256 });
    for (const directory of ancestorsOf(target.slice(root.length + 1))) touched.add(`${root}/${directory}`);
    unsyncedBytes += sizeBytes;
    if (unsyncedBytes < stepBytes || isSyncing) return;
    await syncing;
    syncing = sync(touched.add(root));
    // Met by whoever comes next, or in the end.
    syncing.catch(() => {});
    touched = new Set();
    unsyncedBytes = 0;
  };
  return {
    async isThere(target, content) {
      const stat = await files.lstat(target);
      if (stat === null) return false;
      const looksRight = stat.kind === 'file' && stat.sizeBytes === content.sizeBytes;
      if (!looksRight || !(isKnown(target, stat, content) || (await hasContent(files, target, content)))) {
        await files.removeTree(target);
        return false;
      }
      // Whoever put it there may have been killed before the name was durable.
      await touch(target, content);
      return true;
    },
    async place(from, target, content) {
      await files.rename(from, target);
      await touch(target, content);
    },
    settled: () => syncing,
    right: () => right,
  };
}

async function hasContent(files: FileSystem, path: string, { sha256 }: Content): Promise<boolean> {
  return hexOf((await files.digestFile(path)).digest) === sha256;
}
