/**
 * The rules of the lease, the same for every store: who may take it, and which writes still count. Pure, so that
 * a store only has to run them inside one transaction. A token never falls: taking and forcing both raise it.
 */
import { ThemisError } from '../../kernel/error.ts';
import { formatInstant } from '../../kernel/units/instant.ts';
import type { LeaseHolder, LeaseState } from '../../ports/store.ts';

export interface LeaseRow {
  readonly token: number;
  readonly holder: LeaseHolder | null;
  readonly acquiredAtMs: number;
  readonly expiresAtMs: number;
}

export const freeLease: LeaseRow = { token: 0, holder: null, acquiredAtMs: 0, expiresAtMs: 0 };

/** Whether the process behind a holder can still act; true where that cannot be known. */
export type IsAlive = (holder: LeaseHolder) => boolean;

/** The row after `holder` took the lease; null while somebody else holds it, has not let it expire and is alive. */
export function acquired(
  row: LeaseRow,
  holder: LeaseHolder,
  nowMs: number,
  ttlMs: number,
  isAlive: IsAlive,
): LeaseRow | null {
  if (row.holder !== null && nowMs < row.expiresAtMs && isAlive(row.holder)) return null;
  return { token: row.token + 1, holder, acquiredAtMs: nowMs, expiresAtMs: nowMs + ttlMs };
}

/** A lease that ran out but that nobody took is still its holder's. */
export function renewed(row: LeaseRow, token: number, nowMs: number, ttlMs: number): LeaseRow {
  checkToken(row, token);
  if (row.holder === null) throw fenced(row, token);
  return { ...row, expiresAtMs: nowMs + ttlMs };
}

/** null: it was not this token's any more, which is as good as released. */
export function released(row: LeaseRow, token: number): LeaseRow | null {
  return row.token === token && row.holder !== null ? { ...row, holder: null } : null;
}

/** null: somebody else holds it by now. The token rises, so that whoever lost it is fenced at the next write. */
export function forced(row: LeaseRow, token: number): LeaseRow | null {
  return row.token === token && row.holder !== null ? { ...row, token: row.token + 1, holder: null } : null;
}

/** Throws FENCED when a higher token was given out. */
export function checkToken(row: LeaseRow, token: number): void {
  if (token < row.token) throw fenced(row, token);
  if (token > row.token)
    throw new ThemisError('BUG', `token ${token} was never given out, the highest is ${row.token}`);
}

export function leaseStateOf(row: LeaseRow): LeaseState | null {
  if (row.holder === null) return null;
  return {
    holder: row.holder,
    token: row.token,
    acquiredAt: formatInstant(row.acquiredAtMs),
    expiresAt: formatInstant(row.expiresAtMs),
  };
}

function fenced(row: LeaseRow, token: number): ThemisError {
  const by = row.holder === null ? 'somebody forced it open' : `${row.holder.who} holds it now`;
  return new ThemisError('FENCED', `the lock of this fleet was lost (token ${token}, now ${row.token}): ${by}`, {
    hint: 'nothing more was touched; run the command again when the other one has ended',
  });
}
