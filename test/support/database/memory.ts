import { openPglite } from '../../../src/adapters/database/pglite.ts';
import type { Database } from '../../../src/ports/schema/database.ts';

const entry = new URL('memory-entry.ts', import.meta.url);

/** Empty, in memory, on PGlite. */
export async function openMemory(): Promise<Database> {
  return await openPglite({ directory: null, entry });
}
