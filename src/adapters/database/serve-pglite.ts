/**
 * The worker's end of a WorkerStream: one PGlite, which answers each request of the protocol. A worker entry calls this;
 * nothing else belongs in one. The directory is this thread's alone: its opener holds the lock.
 *
 * A transaction whose COMMIT was answered is on disk. PGlite by itself promises less: `-F` turns fsync off, NODEFS has
 * none, and `relaxedDurability: false` only waits for a hook that its NodeFS leaves empty. kill -9 would leave what
 * the kernel was given, a power cut anything at all. So NODEFS gets an fsync here, and the server is told to use it.
 */
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { gunzipSync } from 'node:zlib';
import { PGlite, type PGliteOptions } from '@electric-sql/pglite';
import { NodeFS } from '@electric-sql/pglite/nodefs';
import { ThemisError } from '../../kernel/error.ts';
import type { PgliteOrder, PgliteReply, PgliteRequest } from './worker-stream.ts';

/** `packed`: file of an empty database (tar, gzip), unpacked in a third of the time that making one takes; null: made. */
export async function servePglite(packed: string | null): Promise<void> {
  const port = parentPort;
  if (port === null) throw new ThemisError('BUG', 'a worker entry was started as a program');
  const { directory } = workerData as PgliteOrder;
  try {
    const fresh = (): PGliteOptions => (packed === null ? {} : { loadDataDir: unpack(packed) });
    const database = await (directory === null ? PGlite.create(fresh()) : openDirectory(directory, fresh));
    port.on('message', (request: PgliteRequest) => void answer(port, database, request));
    send(port, { kind: 'ready' });
  } catch (error) {
    send(port, failed(error));
  }
}

async function answer(port: MessagePort, database: PGlite, request: PgliteRequest): Promise<void> {
  try {
    if (request === null) {
      await database.close();
      process.exit();
    }
    await database.execProtocolRawStream(request, { syncToFs: false, onRawData: (bytes) => sendBytes(port, bytes) });
    send(port, { kind: 'answered' });
  } catch (error) {
    send(port, failed(error));
  }
}

/** Here and not by PGlite, which takes what is damaged for something else. */
function unpack(packed: string): Blob {
  try {
    return new Blob([gunzipSync(readFileSync(packed))]);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    const message = `the empty database that comes with Themis is missing or damaged, install it again: ${packed}: ${why}`;
    throw new ThemisError('IO', message, { cause });
  }
}

/**
 * A new one is made beside its place and moved there whole: a directory that is there can be opened. What is left of
 * one whose making was cut off is in nobody's way.
 */
async function openDirectory(directory: string, empty: () => PGliteOptions): Promise<PGlite> {
  if (!existsSync(join(directory, 'PG_VERSION'))) {
    const fresh = `${directory}.themis-new`;
    rmSync(fresh, { recursive: true, force: true });
    // PGlite gives its files to everybody.
    mkdirSync(fresh, { mode: 0o700 });
    await (await openSynced(fresh, empty())).close();
    await syncTree(fresh);
    // Fails where there is something else that is not empty.
    renameSync(fresh, directory);
    syncFile(dirname(directory));
  }
  return await openSynced(directory);
}

async function openSynced(directory: string, options: PGliteOptions = {}): Promise<PGlite> {
  return await PGlite.create({
    ...options,
    fs: new SyncedNodeFs(directory),
    startParams: [
      ...PGlite.defaultStartParams.filter((parameter) => parameter !== '-F'),
      ...['fsync=on', 'synchronous_commit=on', 'full_page_writes=on', 'wal_sync_method=fsync'].flatMap((setting) => [
        '-c',
        setting,
      ]),
    ],
  });
}

/** As far as it is used here. */
interface EmscriptenNodeFs {
  realPath(node: object): string;
  /** `nfd`: of the system, where the stream is a file's. */
  readonly stream_ops: { fsync?: (stream: { nfd?: number; node: object }) => number };
}

class SyncedNodeFs extends NodeFS {
  override async init(...parameters: Parameters<NodeFS['init']>): ReturnType<NodeFS['init']> {
    const { emscriptenOpts } = await super.init(...parameters);
    const addSync: NonNullable<typeof emscriptenOpts.preRun>[number] = (module) => {
      const nodeFs = module.NODEFS as unknown as EmscriptenNodeFs;
      nodeFs.stream_ops.fsync = ({ nfd, node }) => {
        if (nfd === undefined) syncFile(nodeFs.realPath(node));
        else fsyncSync(nfd);
        return 0;
      };
    };
    return { emscriptenOpts: { ...emscriptenOpts, preRun: [...(emscriptenOpts.preRun ?? []), addSync] } };
  }
}

/** Together: one after the other they take many times as long. */
async function syncTree(directory: string): Promise<void> {
  const entries = await readdir(directory, { recursive: true });
  await Promise.all(
    ['', ...entries].map(async (entry) => {
      await using file = await open(join(directory, entry));
      await file.sync();
    }),
  );
}

function syncFile(path: string): void {
  const file = openSync(path, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** As they come: what reads them is another thread. They lie in the memory of the database, so they are copied. */
function sendBytes(port: MessagePort, bytes: Uint8Array): void {
  const copy = bytes.slice();
  port.postMessage({ kind: 'bytes', bytes: copy } satisfies PgliteReply, [copy.buffer]);
}

function send(port: MessagePort, reply: PgliteReply): void {
  port.postMessage(reply);
}

function failed(error: unknown): PgliteReply {
  return { kind: 'failed', message: error instanceof Error ? error.message : String(error) };
}
