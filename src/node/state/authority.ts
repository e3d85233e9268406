/**
 * Fencing. The node obeys one coordination store, fixed at first contact, and never a token lower than the highest
 * it has seen. Tokens are noted under a lock of their own, not the node's: a newer holder must be able to
 * announce itself while an operation of an older one runs, so that this one stops before its next irrevocable step.
 */
import { ThemisError } from '../../kernel/error.ts';
import type { Authority } from '../../model/message.ts';
import type { NodeContext } from '../context.ts';
import { readRecord, writeRecord } from './node-record.ts';
import type { NodeRecord } from './node-record.ts';

const pollMs = 20;
const limitMs = 10_000;

/** FOREIGN_STORE or FENCED; changes nothing. */
export async function checkAuthority(context: NodeContext, authority: Authority): Promise<NodeRecord> {
  const record = await readRecord(context);
  refuseForeign(context, record, authority);
  return record;
}

/** Checks and makes the token known, durably. */
export async function noteAuthority(context: NodeContext, authority: Authority): Promise<void> {
  await withAuthorityLock(context, async () => {
    const record = await checkAuthority(context, authority);
    if (record.store === authority.store && record.highestToken === authority.token) return;
    await writeRecord(context, { ...record, store: authority.store, highestToken: authority.token });
  });
}

/** FENCED when somebody with a higher token has come since. */
export async function checkToken(context: NodeContext, token: number): Promise<void> {
  const { highestToken } = await readRecord(context);
  if (highestToken > token) throw fenced(context, token, highestToken);
}

/** From now on obeys another store; its tokens start anew. False when it is the same store. */
export async function adoptStore(context: NodeContext, store: string): Promise<boolean> {
  return withAuthorityLock(context, async () => {
    const record = await readRecord(context);
    if (record.store === store) return false;
    await writeRecord(context, { ...record, store, highestToken: 0 });
    return true;
  });
}

/** Changes the record under its lock. */
export async function changeRecord(context: NodeContext, change: (record: NodeRecord) => NodeRecord): Promise<void> {
  await withAuthorityLock(context, async () => {
    const record = await readRecord(context);
    const next = change(record);
    if (next !== record) await writeRecord(context, next);
  });
}

function refuseForeign(context: NodeContext, record: NodeRecord, authority: Authority): void {
  const { name } = context.config;
  if (record.store !== null && record.store !== authority.store) {
    throw new ThemisError(
      'FOREIGN_STORE',
      `${name} obeys the coordination store ${record.store}; the request comes from ${authority.store}.`,
      { hint: `If the move is meant, run on the node: themis node adopt ${authority.store}` },
    );
  }
  if (authority.token < record.highestToken) throw fenced(context, authority.token, record.highestToken);
}

function fenced(context: NodeContext, token: number, highest: number): ThemisError {
  return new ThemisError(
    'FENCED',
    `The lease with token ${token} is over: ${context.config.name} has seen token ${highest}.`,
  );
}

async function withAuthorityLock<T>(context: NodeContext, work: () => Promise<T>): Promise<T> {
  for (let waitedMs = 0; ; waitedMs += pollMs) {
    const lock = await context.files.tryLock(context.layout.authorityLock);
    if (lock !== null) {
      try {
        return await work();
      } finally {
        await lock.release();
      }
    }
    if (waitedMs >= limitMs) {
      throw new ThemisError('ALREADY_IN_PROGRESS', `${context.layout.authorityLock} stays locked.`);
    }
    await context.clock.sleep(pollMs);
  }
}
