/**
 * The worker of a PGlite in memory. To make one takes two seconds, to unpack one a quarter of that: the first is packed
 * for each version of PGlite and kept where tools keep what they can make again.
 */
import { existsSync, mkdirSync, openAsBlob, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PGlite } from '@electric-sql/pglite';
import { servePglite } from '../../../src/adapters/database/serve-pglite.ts';

const packages = fileURLToPath(new URL('../../../node_modules', import.meta.url));

await servePglite(async () => {
  const about = readFileSync(join(packages, '@electric-sql/pglite/package.json'), 'utf8');
  const { version } = JSON.parse(about) as { version: string };
  const kept = join(packages, '.cache', 'themis', `pglite-${version}.tar`);
  if (existsSync(kept)) return await PGlite.create({ loadDataDir: await openAsBlob(kept) });
  const made = await PGlite.create();
  const packed = await made.dumpDataDir('none');
  mkdirSync(join(packages, '.cache', 'themis'), { recursive: true });
  // Whole or not at all: other processes look for it.
  const own = `${kept}-${process.pid}-${performance.now()}`;
  writeFileSync(own, new Uint8Array(await packed.arrayBuffer()));
  renameSync(own, kept);
  return made;
});
