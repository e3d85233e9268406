/**
 * The worker of a PGlite in memory. To make one takes two seconds, to unpack one a quarter of that: the first is packed
 * for each version of PGlite.
 */
import { existsSync, openAsBlob, renameSync, writeFileSync } from 'node:fs';
import { PGlite } from '@electric-sql/pglite';
import { servePglite } from '../../../src/adapters/database/serve-pglite.ts';
import { keptPglite } from './kept-pglite.ts';

await servePglite(async () => {
  const kept = keptPglite('.tar');
  if (existsSync(kept)) return await PGlite.create({ loadDataDir: await openAsBlob(kept) });
  const made = await PGlite.create();
  const packed = await made.dumpDataDir('none');
  // Whole or not at all: other processes look for it.
  const own = `${kept}-${process.pid}-${performance.now()}`;
  writeFileSync(own, new Uint8Array(await packed.arrayBuffer()));
  renameSync(own, kept);
  return made;
});
