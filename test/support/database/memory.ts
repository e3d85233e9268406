import { openPglite } from '../../../src/adapters/database/pglite.ts';
import type { Database } from '../../../src/ports/schema/database.ts';
import { packedPglite } from './empty-pglite.ts';

const serving = new URL('../../../src/adapters/database/serve-pglite.ts', import.meta.url);

/** Of a worker that begins with what is packed in a file. It sees no environment: what it has to know stands in its code. */
export function packedEntry(file: string): URL {
  const text = [serving.href, file].map((value) => JSON.stringify(value));
  const code = `import { servePglite } from ${text[0]}; await servePglite(${text[1]});`;
  return new URL(`data:text/javascript,${encodeURIComponent(code)}`);
}

/** Empty, in memory, on PGlite. */
export async function openMemory(): Promise<Database> {
  return await openPglite({ directory: null, entry: packedEntry(packedPglite) });
}
