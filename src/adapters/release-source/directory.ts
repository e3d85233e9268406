/**
 * Releases in a local directory. Nothing is reached through a symbolic link below it, whatever the link points to; the
 * guard refuses paths that leave it. Links between check and open do not matter: the last component is opened without
 * following one, and what is read is believed only by its hash.
 */
import { constants } from 'node:fs';
import * as fs from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { ThemisError } from '../../kernel/error.ts';
import { compareText } from '../../kernel/finding.ts';
import { pathProblem } from '../../kernel/path-guard.ts';
import { releaseLimits, releaseNames } from '../../model/release-format/layout.ts';
import { parseReleaseIndex } from '../../model/release-format/parse-index.ts';
import type { ListedFile, OpenedFile, ReleaseSource, WantedBytes } from '../../ports/release-source.ts';

const chunkBytes = 1024 * 1024;
const readOnly = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0);

export function openDirectorySource(directory: string): ReleaseSource {
  const root = resolve(directory);
  return {
    host: '',
    async readIndex() {
      const bytes = await readWhole(root, releaseNames.index, releaseLimits.indexBytes);
      const signature = await readWhole(root, releaseNames.indexSignature, releaseLimits.signatureBytes).catch(absent);
      return { index: parseReleaseIndex(bytes), bytes, signature };
    },
    readFile: (path, limitBytes) => readWhole(root, path, limitBytes),
    async readChanged(path, limitBytes, known) {
      const { validator } = await look(root, path);
      if (validator === known) return { kind: 'unchanged' };
      return { kind: 'changed', bytes: await readWhole(root, path, limitBytes), validator };
    },
    openFile: (path, wanted) => openPayload(root, path, wanted),
    listFiles: (path) => list(root, path),
  };
}

async function readWhole(root: string, path: string, limitBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of readChunks(root, path, { limitBytes })) chunks.push(chunk);
  return Buffer.concat(chunks);
}

interface Looked {
  readonly sizeBytes: number;
  /** What tells one content of a file from another here: its inode, size and times. */
  readonly validator: string;
}

async function lookAt(file: fs.FileHandle): Promise<Looked> {
  const { ino, size, mtimeNs, ctimeNs } = await file.stat({ bigint: true });
  return { sizeBytes: Number(size), validator: [ino, size, mtimeNs, ctimeNs].join('-') };
}

async function look(root: string, path: string): Promise<Looked> {
  const file = await open(root, path);
  try {
    return await lookAt(file);
  } finally {
    await file.close();
  }
}

async function openPayload(root: string, path: string, wanted: WantedBytes): Promise<OpenedFile> {
  const { sizeBytes, validator } = await look(root, path);
  const offset = wanted.validator === validator ? Math.min(wanted.offset ?? 0, sizeBytes) : 0;
  return { offset, sizeBytes, validator, chunks: readChunks(root, path, { ...wanted, offset, validator }) };
}

/**
 * Opens the file with the first chunk, so that what nobody reads holds nothing, and closes it at its end or when whoever
 * reads it stops early. `validator`: IO when it is another file by then.
 */
async function* readChunks(
  root: string,
  path: string,
  { offset = 0, limitBytes, validator, signal }: WantedBytes,
): AsyncGenerator<Uint8Array> {
  const file = await open(root, path);
  try {
    if (validator !== undefined && (await lookAt(file)).validator !== validator)
      throw new ThemisError('IO', `${path} was replaced while it was opened.`);
    let left = limitBytes - offset;
    let position = offset;
    for (;;) {
      // A fresh buffer each time: the consumer may keep what it got. One byte beyond the limit tells whether there is more.
      const buffer = Buffer.allocUnsafe(Math.min(chunkBytes, left + 1));
      if (signal?.aborted === true) throw new ThemisError('CANCELLED', `Reading ${path} was cancelled.`);
      const { bytesRead } = await wrapped(path, () => file.read(buffer, 0, buffer.length, position));
      position += bytesRead;
      if (bytesRead === 0) return;
      if (left > 0) yield buffer.subarray(0, Math.min(bytesRead, left));
      if (bytesRead > left) throw new ThemisError('IO', `${path} has more than ${limitBytes} bytes.`);
      left -= bytesRead;
    }
  } finally {
    await file.close();
  }
}

async function open(root: string, path: string): Promise<fs.FileHandle> {
  await refuseLinks(root, path);
  const file = await wrapped(path, () => fs.open(join(root, path), readOnly | constants.O_NONBLOCK));
  const stat = await file.stat();
  if (stat.isFile()) return file;
  await file.close();
  throw new ThemisError('IO', `${path} is not a file.`);
}

async function refuseLinks(root: string, path: string): Promise<void> {
  const problem = pathProblem(path);
  if (problem !== undefined)
    throw new ThemisError('UNSAFE_PATH', `${JSON.stringify(path)} is refused as a path: ${problem}.`);
  const parts = path.split('/');
  for (let depth = 1; depth <= parts.length; depth += 1) {
    const part = parts.slice(0, depth).join('/');
    const stat = await wrapped(path, () => fs.lstat(join(root, part)));
    if (stat.isSymbolicLink()) throw new ThemisError('SYMLINK_REFUSED', `${part} is a symbolic link.`);
  }
}

async function list(root: string, path: string): Promise<readonly ListedFile[]> {
  if (path !== '') await refuseLinks(root, path);
  const top = path === '' ? root : join(root, path);
  const files: ListedFile[] = [];
  const pending = [''];
  for (let directory = pending.pop(); directory !== undefined; directory = pending.pop()) {
    const entries = await wrapped(path === '' ? root : path, () =>
      fs.readdir(join(top, directory!), { withFileTypes: true }),
    );
    for (const entry of entries) {
      const name = directory === '' ? entry.name : `${directory}/${entry.name}`;
      if (entry.isDirectory()) pending.push(name);
      else files.push({ path: name, kind: entry.isFile() ? 'file' : entry.isSymbolicLink() ? 'symlink' : 'other' });
    }
  }
  return files.sort((a, b) => compareText(a.path, b.path));
}

function absent(error: unknown): null {
  if (error instanceof ThemisError && error.code === 'NOT_FOUND') return null;
  throw error;
}

async function wrapped<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT' || code === 'ENOTDIR')
      throw new ThemisError('NOT_FOUND', `${path} does not exist.`, { cause: error });
    if (code === 'ELOOP') throw new ThemisError('SYMLINK_REFUSED', `${path} is a symbolic link.`, { cause: error });
    throw new ThemisError('IO', `Cannot read ${path}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}
