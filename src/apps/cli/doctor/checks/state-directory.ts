import { mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { stateDirectory } from '../../../../adapters/store/state-directory.ts';
import { formatSize } from '../../../../kernel/units/size.ts';
import { fine, wrong, type Check, type Looked, type Surroundings } from '../check.ts';

/** Linux `f_type` of file systems that other machines may write to as well; SQLite's WAL needs shared memory. */
const networkTypes: ReadonlyMap<number, string> = new Map([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xff534d42, 'CIFS'],
  [0xfe534d42, 'SMB2'],
  [0x5346414f, 'AFS'],
  [0x73757245, 'Coda'],
  [0x00c36400, 'CephFS'],
  [0x0bd00bd0, 'Lustre'],
  [0x47504653, 'GPFS'],
  [0x19830326, 'BeeGFS'],
  [0x01161970, 'GFS2'],
  [0x7461636f, 'OCFS2'],
]);
/** Local or not: the type does not say. */
const doubtfulTypes: ReadonlyMap<number, string> = new Map([
  [0x65735546, 'FUSE'],
  [0x01021997, '9p'],
]);
const tooLittleBytes = 16 * 2 ** 20;
const littleBytes = 256 * 2 ** 20;
const elsewhere = 'Set THEMIS_STATE_DIR to a directory on a disk of this machine.';

/** Leaves nothing behind: what it tries, it tries in a directory of its own. */
export const stateDirectoryCheck: Check<Surroundings> = {
  name: 'state',
  look: ({ session }) => Promise.resolve(lookAt(stateDirectory(session.environment))),
};

export function lookAt(directory: string): Looked {
  let existing = directory;
  let trial: string | undefined;
  try {
    while (!isThere(existing) && dirname(existing) !== existing) existing = dirname(existing);
    const place = placeProblem(existing);
    if (place?.findings[0]?.severity === 'error') return place;
    trial = mkdtempSync(join(existing, '.themis-doctor-'));
    const mode = tryWal(join(trial, 'state.db'));
    if (mode !== 'wal') {
      const summary = `SQLite cannot keep a write-ahead log in ${existing}: it fell back to ${mode}.`;
      return wrong('error', 'THM6022', summary, elsewhere);
    }
    return place ?? fine(`${directory}: writable, SQLite commits with a write-ahead log`);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const fix = `Make ${existing} writable for this user, or set THEMIS_STATE_DIR.`;
    return wrong('error', 'THM6021', `${directory} cannot hold the state of a fleet: ${reason}.`, fix);
  } finally {
    if (trial !== undefined) rmSync(trial, { recursive: true, force: true });
  }
}

export function fileSystemKind(type: number): { readonly name: string; readonly network: boolean } | undefined {
  // statfs gives 32 bits, with a sign on some machines.
  const unsigned = type >>> 0;
  const name = networkTypes.get(unsigned);
  if (name !== undefined) return { name, network: true };
  const doubtful = doubtfulTypes.get(unsigned);
  return doubtful === undefined ? undefined : { name: doubtful, network: false };
}

function placeProblem(directory: string): Looked | undefined {
  const { type, bavail, bsize } = statfsSync(directory);
  const kind = process.platform === 'linux' ? fileSystemKind(type) : undefined;
  if (kind?.network === true) {
    const summary = `${directory} lies on a network file system (${kind.name}), where two machines would break the lock.`;
    return wrong('error', 'THM6023', summary, elsewhere);
  }
  const freeBytes = bavail * bsize;
  if (freeBytes < littleBytes) {
    const severity = freeBytes < tooLittleBytes ? 'error' : 'warning';
    const summary = `${directory} has ${formatSize(freeBytes)} free; every step of a rollout is written there first.`;
    return wrong(severity, 'THM6025', summary, `Free space on that disk. ${elsewhere}`);
  }
  if (kind === undefined) return undefined;
  const summary = `${directory} lies on ${kind.name}, which may be shared with other machines.`;
  return wrong('warning', 'THM6024', summary, elsewhere);
}

function isThere(path: string): boolean {
  try {
    statfsSync(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

function tryWal(file: string): string {
  const db = new DatabaseSync(file, { timeout: 5000 });
  try {
    const mode = String(db.prepare('PRAGMA journal_mode = WAL').get()!['journal_mode']);
    db.exec('PRAGMA synchronous = FULL; BEGIN IMMEDIATE; CREATE TABLE t (x); INSERT INTO t VALUES (1); COMMIT;');
    return db.prepare('SELECT x FROM t').get()!['x'] === 1 ? mode : 'nothing';
  } finally {
    db.close();
  }
}
