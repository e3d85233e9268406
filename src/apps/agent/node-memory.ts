/**
 * A node's memory of signatures and of downloads, opened for each look: a node process has a handful of them. What somebody else could
 * have written is not believed: the directory has to be this user's and writable by nobody else, and the file this
 * user's alone. A damaged file is thrown away.
 */
import { existsSync, lstatSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { openManifestStore } from '../../adapters/manifest-store/index.ts';
import { ThemisError } from '../../kernel/error.ts';
import type { DownloadsMemory } from '../../node/deps.ts';
import type { CachedDownload, ManifestStore, SignatureCache } from '../../ports/manifest-store.ts';

const sqlite = { corrupt: 11, notADatabase: 26 } as const;

/** The file is made with the first verdict, never by a look; the directory never. */
export function nodeSignatures(file: string): SignatureCache {
  return {
    get: async (key, nowMs) => (existsSync(file) ? within(file, ({ signatures }) => signatures.get(key, nowMs)) : null),
    put: async (entry) => within(file, ({ signatures }) => signatures.put(entry)),
    prune: async (nowMs) => (existsSync(file) ? within(file, ({ signatures }) => signatures.prune(nowMs)) : 0),
  };
}

/** In the same file, by the same rules. */
export const nodeDownloads: DownloadsMemory = {
  async recall(file, digests) {
    if (!existsSync(file)) return [];
    return within(file, async ({ downloads }) => {
      const found: CachedDownload[] = [];
      for (const digest of digests) {
        const download = await downloads.get(digest);
        if (download !== null) found.push(download);
      }
      return found;
    });
  },
  remember: async (file, given) => within(file, ({ downloads }) => downloads.put(...given)),
  async forget(file, digest) {
    if (!existsSync(file)) return;
    await within(file, async ({ downloads }) => {
      const download = await downloads.get(digest);
      if (download !== null) await downloads.forget(download);
    });
  },
};

async function within<T>(file: string, work: (store: ManifestStore) => Promise<T>): Promise<T> {
  refuseSharedDirectory(dirname(file));
  const store = await openOwn(file);
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

async function openOwn(file: string): Promise<ManifestStore> {
  const open = async () => await openManifestStore({ kind: 'sqlite', file, isPrivate: true });
  try {
    return await open();
  } catch (error) {
    if (!(error instanceof ThemisError) || error.code !== 'IO' || !isDamaged(file)) throw error;
    for (const suffix of ['', '-wal', '-shm']) rmSync(`${file}${suffix}`, { force: true });
    return await open();
  }
}

function refuseSharedDirectory(path: string): void {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  const isOwn = process.getuid === undefined || stat?.uid === process.getuid();
  const isClosed = process.platform === 'win32' || (stat !== undefined && (stat.mode & 0o022) === 0);
  if (stat?.isDirectory() === true && isOwn && isClosed) return;
  throw new ThemisError('POLICY_REFUSED', `${path} is not a directory that only this user can write.`);
}

/** No database, or a torn one; one that is busy or of a newer Themis is neither. */
function isDamaged(file: string): boolean {
  try {
    const db = new DatabaseSync(file, { readOnly: true });
    try {
      return db.prepare('PRAGMA quick_check').get()?.['quick_check'] !== 'ok';
    } finally {
      db.close();
    }
  } catch (error) {
    const code = Number((error as { errcode?: unknown }).errcode) & 0xff;
    return code === sqlite.corrupt || code === sqlite.notADatabase;
  }
}
