import type { DatabaseSession } from '../../../src/ports/schema/database.ts';

/** 180004: as the server itself says it. */
export async function serverVersionOf(session: DatabaseSession): Promise<number> {
  return Number((await session.query('SHOW server_version_num')).rows[0]!['server_version_num']);
}
