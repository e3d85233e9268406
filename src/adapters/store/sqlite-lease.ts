/** The lease of the SQLite store: each call is one transaction around the rules. */
import type { Clock } from '../../ports/clock.ts';
import type { HeldLease, Lease, LeaseHolder, LeaseState } from '../../ports/store.ts';
import { acquired, forced, leaseStateOf, released, renewed, type IsAlive, type LeaseRow } from './lease-rules.ts';
import type { SqliteAccess } from './sqlite.ts';

export function createSqliteLease(store: SqliteAccess, clock: Clock, isAlive: IsAlive): Lease {
  function change(rule: (row: LeaseRow) => LeaseRow | null): LeaseRow | null {
    return store.write(() => {
      const row = rule(store.readLease());
      if (row !== null) store.writeLease(row);
      return row;
    });
  }
  return {
    async acquire(holder: LeaseHolder, ttlMs: number): Promise<HeldLease | null> {
      const row = change((found) => acquired(found, holder, clock.nowMs(), ttlMs, isAlive));
      if (row === null) return null;
      const { token } = row;
      return {
        token,
        async renew(ttlMs) {
          change((found) => renewed(found, token, clock.nowMs(), ttlMs));
        },
        async release() {
          change((found) => released(found, token));
        },
      };
    },
    async current(): Promise<LeaseState | null> {
      return leaseStateOf(store.read(() => store.readLease()));
    },
    async forceRelease(token: number): Promise<boolean> {
      return change((row) => forced(row, token)) !== null;
    },
  };
}
