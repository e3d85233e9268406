/**
 * PostgreSQL 14 to 18 through pg. Whatever goes wrong while a session begins is UNREACHABLE; the URL with its password
 * stays here and stands in no message.
 */
import { Socket } from 'node:net';
import { ThemisError } from '../../kernel/error.ts';
import type { Database } from '../../ports/schema/database.ts';
import { connect } from './connect.ts';
import { openSessionPool } from './session-pool.ts';

export interface PostgresqlOptions {
  /** `postgresql://user:password@host/database`; read anew for every connection, as a secret may change. */
  readonly url: () => Promise<string>;
  readonly sessions: number;
  readonly connectTimeoutMs?: number;
}

const usualConnectTimeoutMs = 10_000;
/** The server ends a statement in time by itself, so that this only passes when it is out of reach. */
const graceMs = 10_000;

/** Connects to nothing yet. */
export function openPostgresql({ url, sessions, connectTimeoutMs }: PostgresqlOptions): Database {
  return openSessionPool({
    engine: 'postgresql',
    sessions,
    graceMs,
    isInMemory: false,
    async connect() {
      const connectionString = checked(await url());
      const config = { connectionString, application_name: 'themis', keepAlive: true };
      return await connect(config, new Socket(), connectTimeoutMs ?? usualConnectTimeoutMs);
    },
  });
}

function checked(url: string): string {
  if (/^postgres(?:ql)?:\/\//u.test(url) && URL.canParse(url)) return url;
  throw new ThemisError('UNREACHABLE', 'the URL of the database is none', {
    hint: 'write it as postgresql://USER:PASSWORD@HOST:PORT/DATABASE, with what is no letter or digit percent-encoded',
    reason: '08001',
  });
}
