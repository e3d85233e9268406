/**
 * Who has a directory open, one at a time: PGlite asks nobody, and two of them at once lose what either wrote. The lock
 * is one of the system on a SQLite file beside the directory, which falls with its holder however that ends, in another
 * container too; the file says who the holder is, and stays.
 */
import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { ThemisError } from '../../kernel/error.ts';
import type { LeaseHolder } from '../../ports/store.ts';
import { ownHolder } from '../process/process-facts.ts';

export interface DirectoryLock {
  release(): void;
}

const tries = 10;
const longestPauseMs = 20;

/** Throws ALREADY_IN_PROGRESS, which names the holder, and IO. */
export async function lockDirectory(directory: string): Promise<DirectoryLock> {
  const file = `${directory}.themis-lock`;
  const holder = ownHolder(randomUUID(), 'database');
  const lock = openFile(file);
  try {
    for (let attempt = 1; attempt <= tries; attempt += 1) {
      if (hold(lock, holder)) return { release: () => lock.close() };
      // Two that come at once may both have to step back.
      await sleep(Math.random() * longestPauseMs);
    }
    throw heldBy(readHolder(lock), directory);
  } catch (error) {
    lock.close();
    if (error instanceof ThemisError) throw error;
    throw new ThemisError('IO', `the lock ${file} cannot be used`, { cause: error });
  }
}

function openFile(file: string): DatabaseSync {
  try {
    mkdirSync(dirname(file), { recursive: true });
    return new DatabaseSync(file, { timeout: 0 });
  } catch (error) {
    throw new ThemisError('IO', `the lock ${file} cannot be opened`, { cause: error });
  }
}

/**
 * The name has to be committed to be read by others, and a commit lets go of the lock; so the name is written first, the
 * lock taken again, and it holds only if the name is still ours.
 */
function hold(lock: DatabaseSync, holder: LeaseHolder): boolean {
  if (!begin(lock)) return false;
  lock.exec('CREATE TABLE IF NOT EXISTS holder (one INTEGER PRIMARY KEY CHECK (one = 1), json TEXT NOT NULL)');
  lock.prepare('INSERT OR REPLACE INTO holder VALUES (1, ?)').run(JSON.stringify(holder));
  lock.exec('COMMIT');
  if (!begin(lock)) return false;
  if (readHolder(lock)?.id === holder.id) return true;
  lock.exec('ROLLBACK');
  return false;
}

/** False: somebody else has it. Others may still read. */
function begin(lock: DatabaseSync): boolean {
  try {
    lock.exec('BEGIN IMMEDIATE');
    return true;
  } catch (error) {
    if (isBusy(error)) return false;
    throw error;
  }
}

function readHolder(lock: DatabaseSync): LeaseHolder | null {
  try {
    const row = lock.prepare('SELECT json FROM holder').get();
    return row === undefined ? null : (JSON.parse(String(row['json'])) as LeaseHolder);
  } catch (error) {
    // Nobody has written it yet, or somebody just does.
    if (isBusy(error) || (error instanceof Error && error.message.startsWith('no such table'))) return null;
    throw error;
  }
}

function isBusy(error: unknown): boolean {
  // SQLITE_BUSY, whatever the finer reason is.
  return error instanceof Error && 'errcode' in error && (Number(error.errcode) & 0xff) === 5;
}

function heldBy(holder: LeaseHolder | null, directory: string): ThemisError {
  const who = holder === null ? 'another process' : `process ${holder.pid} of ${holder.who}`;
  return new ThemisError('ALREADY_IN_PROGRESS', `the database in ${directory} is open in ${who}`, {
    hint: 'wait until it has ended; only one process may have an embedded database open',
  });
}
