/**
 * The file system of this machine. Every foreign error leaves as ThemisError; nothing follows a symbolic link in
 * the last part of a path. Durability is what the operating system promises after fsync (on macOS: F_FULLFSYNC,
 * which libuv uses).
 */
import { createHash, randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import * as fs from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';
import type { Digest } from '../../kernel/digest.ts';
import { ThemisError } from '../../kernel/error.ts';
import { compareText } from '../../kernel/finding.ts';
import type { FileLock, FileStat, FileSystem, GrowingFile } from '../../ports/file-system.ts';

const noFollow = constants.O_NOFOLLOW ?? 0;
const replace = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | noFollow;
const createNew = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | noFollow;
const append = constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND | noFollow;
const chunkBytes = 1024 * 1024;

export function createNodeFileSystem(): FileSystem {
  return {
    ...reading,
    ...writing,
    uniqueName: () => randomBytes(8).toString('hex'),
    async tryLock(path) {
      return lock(path);
    },
  };
}

const reading = {
  async lstat(path: string): Promise<FileStat | null> {
    return wrapped('stat', path, async () => {
      const stat = await fs.lstat(path, { bigint: true }).catch((error: unknown) => {
        if (isCode(error, 'ENOENT', 'ENOTDIR')) return null;
        throw error;
      });
      if (stat === null) return null;
      return {
        kind: stat.isFile() ? 'file' : stat.isDirectory() ? 'directory' : stat.isSymbolicLink() ? 'symlink' : 'other',
        sizeBytes: Number(stat.size),
        mode: Number(stat.mode & 0o7777n),
        modifiedNs: String(stat.mtimeNs),
        changedNs: String(stat.ctimeNs),
        inode: String(stat.ino),
        owner: Number(stat.uid),
        links: Number(stat.nlink),
      };
    });
  },
  async readDirectory(path: string): Promise<readonly string[]> {
    return wrapped('list', path, async () => (await fs.readdir(path)).sort(compareText));
  },
  async readFile(path: string): Promise<Uint8Array> {
    return wrapped('read', path, () => fs.readFile(path, { flag: constants.O_RDONLY | noFollow }));
  },
  async readLink(path: string): Promise<string> {
    return wrapped('read the link', path, () => fs.readlink(path));
  },
  readChunks: (path: string, limitBytes: number): AsyncIterable<Uint8Array> => readChunks(path, limitBytes),
  async digestFile(path: string): Promise<{ digest: Digest; sizeBytes: number }> {
    return wrapped('hash', path, async () => {
      const hash = createHash('sha256');
      let sizeBytes = 0;
      await using file = await fs.open(path, constants.O_RDONLY | noFollow);
      const buffer = Buffer.allocUnsafe(chunkBytes);
      for (;;) {
        const { bytesRead } = await file.read(buffer, 0, chunkBytes, null);
        if (bytesRead === 0) break;
        hash.update(buffer.subarray(0, bytesRead));
        sizeBytes += bytesRead;
      }
      return { digest: `sha256:${hash.digest('hex')}`, sizeBytes };
    });
  },
  async freeSpace(path: string): Promise<{ freeBytes: number; totalBytes: number }> {
    return wrapped('measure', path, async () => {
      const stat = await fs.statfs(path);
      return { freeBytes: stat.bavail * stat.bsize, totalBytes: stat.blocks * stat.bsize };
    });
  },
} satisfies Partial<FileSystem>;

const writing = {
  async makeDirectory(path: string): Promise<void> {
    return wrapped('create', path, async () => {
      try {
        await fs.mkdir(path, 0o755);
      } catch (error) {
        if (!isCode(error, 'EEXIST') || !(await fs.lstat(path)).isDirectory()) throw error;
        return;
      }
      // The umask took bits away: not this process, but the directory's readers decide over it.
      await fs.chmod(path, 0o755);
    });
  },
  async writeFile(path: string, bytes: Uint8Array, mode: number): Promise<void> {
    return wrapped('write', path, async () => {
      await using file = await fs.open(path, replace, mode);
      await file.chmod(mode);
      await file.writeFile(bytes);
    });
  },
  async writeStream(
    path: string,
    chunks: AsyncIterable<Uint8Array>,
    mode: number,
    limitBytes: number,
  ): Promise<{ digest: Digest; sizeBytes: number }> {
    return wrapped('write', path, async () => {
      const hash = createHash('sha256');
      let sizeBytes = 0;
      await using file = await fs.open(path, replace, mode);
      await file.chmod(mode);
      for await (const chunk of chunks) {
        sizeBytes += chunk.byteLength;
        if (sizeBytes > limitBytes) throw new ThemisError('IO', `More than ${limitBytes} bytes for ${path}.`);
        hash.update(chunk);
        await file.writeFile(chunk);
      }
      return { digest: `sha256:${hash.digest('hex')}`, sizeBytes };
    });
  },
  openGrowing,
  async appendDurably(path: string, bytes: Uint8Array): Promise<void> {
    return wrapped('append to', path, async () => {
      await using file = await fs.open(path, append, 0o600);
      await file.writeFile(bytes);
      await file.sync();
    });
  },
  async truncateFile(path: string, sizeBytes: number): Promise<void> {
    return wrapped('cut', path, async () => {
      await using file = await fs.open(path, constants.O_WRONLY | noFollow);
      await file.truncate(sizeBytes);
      await file.sync();
    });
  },
  async copyFile(from: string, to: string, mode: number): Promise<void> {
    return wrapped('copy', from, async () => {
      if (!(await fs.lstat(from)).isFile()) throw new ThemisError('IO', `${from} is not a file.`);
      await fs.copyFile(from, to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
      await fs.chmod(to, mode);
    });
  },
  async copyHashed(from: string, to: string, mode: number): Promise<{ digest: Digest; sizeBytes: number }> {
    return wrapped('copy', from, async () => {
      await using source = await fs.open(from, constants.O_RDONLY | noFollow | (constants.O_NONBLOCK ?? 0));
      if (!(await source.stat()).isFile()) throw new ThemisError('IO', `${from} is not a file.`);
      await using target = await fs.open(to, createNew, mode);
      await target.chmod(mode);
      const hash = createHash('sha256');
      let sizeBytes = 0;
      const buffer = Buffer.allocUnsafe(chunkBytes);
      for (;;) {
        const { bytesRead } = await source.read(buffer, 0, chunkBytes, null);
        if (bytesRead === 0) break;
        const chunk = buffer.subarray(0, bytesRead);
        hash.update(chunk);
        await target.writeFile(chunk);
        sizeBytes += bytesRead;
      }
      return { digest: `sha256:${hash.digest('hex')}`, sizeBytes };
    });
  },
  async rename(from: string, to: string): Promise<void> {
    return wrapped('rename', from, () => fs.rename(from, to));
  },
  async setMode(path: string, mode: number): Promise<void> {
    return wrapped('change the mode of', path, async () => {
      if ((await fs.lstat(path)).isSymbolicLink()) throw new ThemisError('IO', `${path} is a symbolic link.`);
      await fs.chmod(path, mode);
    });
  },
  async removeFile(path: string): Promise<void> {
    return wrapped('remove', path, async () => {
      await fs.unlink(path).catch((error: unknown) => {
        if (!isCode(error, 'ENOENT')) throw error;
      });
    });
  },
  async removeEmptyDirectory(path: string): Promise<boolean> {
    return wrapped('remove', path, async () => {
      try {
        await fs.rmdir(path);
        return true;
      } catch (error) {
        if (isCode(error, 'ENOENT', 'ENOTEMPTY', 'EEXIST')) return false;
        throw error;
      }
    });
  },
  async removeTree(path: string): Promise<void> {
    return wrapped('remove', path, () => fs.rm(path, { recursive: true, force: true }));
  },
  async syncFile(path: string): Promise<void> {
    return wrapped('sync', path, async () => {
      await using file = await fs.open(path, constants.O_RDONLY | noFollow);
      await file.sync();
    });
  },
  async syncDirectory(path: string): Promise<void> {
    return wrapped('sync', path, async () => {
      await using file = await fs.open(path, constants.O_RDONLY | (constants.O_DIRECTORY ?? 0));
      await file.sync();
    });
  },
} satisfies Partial<FileSystem>;

async function* readChunks(path: string, limitBytes: number): AsyncGenerator<Uint8Array> {
  const file = await wrapped('read', path, () => fs.open(path, constants.O_RDONLY | noFollow));
  try {
    for (let left = limitBytes; left > 0;) {
      const buffer = Buffer.allocUnsafe(Math.min(chunkBytes, left));
      const { bytesRead } = await wrapped('read', path, () => file.read(buffer, 0, buffer.length, null));
      if (bytesRead === 0) return;
      left -= bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}

async function openGrowing(path: string, keptBytes: number): Promise<GrowingFile> {
  const file = await wrapped('open', path, () => (keptBytes === 0 ? openFresh(path) : openCut(path, keptBytes)));
  let position = keptBytes;
  let isOpen = true;
  const close = async (): Promise<void> => {
    if (!isOpen) return;
    isOpen = false;
    await file.close();
  };
  return {
    write: (chunks) =>
      wrapped('write', path, async () => {
        for (const part of batchesOf(chunks)) {
          await writeWhole(file, part, position);
          position += lengthOf(part);
        }
      }),
    sync: () => wrapped('sync', path, () => file.datasync()),
    seal: (mode) =>
      wrapped('close', path, async () => {
        await file.chmod(mode);
        await file.sync();
        await close();
      }),
    close: () => wrapped('close', path, close),
  };
}

/** Never what is there: that may be a link, or have a second name. */
async function openFresh(path: string): Promise<fs.FileHandle> {
  await fs.unlink(path).catch((error: unknown) => {
    if (!isCode(error, 'ENOENT')) throw error;
  });
  return fs.open(path, createNew, 0o600);
}

async function openCut(path: string, keptBytes: number): Promise<fs.FileHandle> {
  const flags = constants.O_WRONLY | noFollow | (constants.O_NONBLOCK ?? 0);
  const file = await fs.open(path, flags).catch(async (error: unknown) => {
    // One that was sealed.
    if (!isCode(error, 'EACCES') || !(await fs.lstat(path)).isFile()) throw error;
    await fs.chmod(path, 0o600);
    return fs.open(path, flags);
  });
  try {
    const stat = await file.stat();
    if (!stat.isFile() || stat.nlink !== 1) throw new ThemisError('IO', `${path} is not a file of one name.`);
    await file.chmod(0o600);
    await file.truncate(keptBytes);
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** One call may write less than it was given. */
async function writeWhole(file: fs.FileHandle, chunks: readonly Uint8Array[], position: number): Promise<void> {
  const { bytesWritten } = await file.writev(chunks, position);
  let skip = bytesWritten;
  let at = position + bytesWritten;
  for (const chunk of chunks) {
    const rest = chunk.subarray(Math.min(skip, chunk.length));
    skip -= chunk.length - rest.length;
    for (let done = 0; done < rest.length;) {
      const written = await file.write(rest, done, rest.length - done, at);
      done += written.bytesWritten;
      at += written.bytesWritten;
    }
  }
}

/** A vector holds 1024 pieces (IOV_MAX). */
const vectorLength = 1024;

function batchesOf(chunks: readonly Uint8Array[]): (readonly Uint8Array[])[] {
  const batches: (readonly Uint8Array[])[] = [];
  for (let start = 0; start < chunks.length; start += vectorLength) {
    batches.push(chunks.slice(start, start + vectorLength));
  }
  return batches;
}

function lengthOf(chunks: readonly Uint8Array[]): number {
  return chunks.reduce((sum, chunk) => sum + chunk.length, 0);
}

/**
 * Node has no flock, SQLite has: an exclusive transaction on an empty database file is a lock that the kernel
 * drops with the process. Nothing is ever written to the file; the journal stays in memory, so that a kill leaves nothing.
 */
function lock(path: string): FileLock | null {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path, { timeout: 0 });
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
    const held = database;
    return {
      async release() {
        held.close();
      },
    };
  } catch (error) {
    database?.close();
    if ((error as { errcode?: number }).errcode === sqliteBusy) return null;
    throw new ThemisError('IO', `Cannot lock ${path}.`, { cause: error });
  }
}

const sqliteBusy = 5;

async function wrapped<T>(verb: string, path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ThemisError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    if (isCode(error, 'ENOENT')) {
      throw new ThemisError('NOT_FOUND', `Cannot ${verb} ${path}: it does not exist.`, { cause: error });
    }
    if (isCode(error, 'ENOSPC', 'EDQUOT')) {
      throw new ThemisError('NO_SPACE', `Cannot ${verb} ${path}: the disk is full.`, {
        cause: error,
        hint: 'Free space on this disk and run it again.',
      });
    }
    throw new ThemisError('IO', `Cannot ${verb} ${path}: ${reason}`, { cause: error });
  }
}

function isCode(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}
