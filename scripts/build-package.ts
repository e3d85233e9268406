/**
 * Makes of the sources what a package runs: one file of each program and of each part that is loaded when it is asked
 * for, other packages included. Node.js then opens a dozen files where a start from the sources opens up to nine hundred.
 */
import { cpSync, existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PGlite } from '@electric-sql/pglite';
import { rolldown } from 'rolldown';
import { programs } from '../src/apps/package-files.ts';
import { manifestOf, noticesOf } from './notices.ts';

const root = fileURLToPath(new URL('../', import.meta.url));
const pglite = join(root, 'node_modules/@electric-sql/pglite');

const everyStart = /src[\\/](?:kernel[\\/]|adapters[\\/]clock[\\/]|apps[\\/](?:package-files|cli[\\/][^\\/]+$))/u;

/** They load files that lie beside their own. */
const external = [/^@electric-sql\/pglite/u, 'libpg-query', 'pg-native'];

/** What the built programs need lies in `directory` then; they expect it two levels below the package's root. */
export async function buildPackage(directory: string): Promise<void> {
  const bundle = await rolldown({
    input: Object.fromEntries(programs.map((program) => [program, join(root, 'src/apps', `${program}.ts`)])),
    platform: 'node',
    external,
    // Of other packages, among each other.
    checks: { ineffectiveDynamicImport: false },
  });
  const { output } = await bundle.write({
    dir: directory,
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: 'chunks/[name]-[hash].js',
    // One file of what every command begins with, and one of what most go on with: opening it costs less than opening
    // the fifty it holds.
    codeSplitting: {
      groups: [
        { name: 'core', test: everyStart, minShareCount: 10, priority: 1 },
        { name: 'shared', minShareCount: 10 },
      ],
    },
  });
  await bundle.close();
  cpSync(await emptyDatabase(), join(directory, 'empty-pglite.tar.gz'));
  cpSync(join(root, 'src/apps/demo/server'), join(directory, 'demo/server'), { recursive: true });
  const modules = output.flatMap((part) => (part.type === 'chunk' ? part.moduleIds : []));
  const inPackage = /^.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+/u;
  const packages = modules.flatMap((module) => inPackage.exec(module)?.[0] ?? []);
  // The empty database is made of files of PGlite.
  writeFileSync(join(directory, 'THIRD-PARTY.txt'), noticesOf(new Set([...packages, pglite])));
}

/** The file of one for the version of PGlite that is installed; making it takes seconds, so it is kept. */
async function emptyDatabase(): Promise<string> {
  const packages = join(root, 'node_modules');
  const { version } = manifestOf(pglite);
  const kept = join(packages, '.cache/themis', `empty-pglite-${version}.tar.gz`);
  if (existsSync(kept)) return kept;
  const made = await PGlite.create();
  const packed = await (await made.dumpDataDir('gzip')).arrayBuffer();
  await made.close();
  mkdirSync(dirname(kept), { recursive: true });
  // Whole or not at all: another build may look for it.
  writeFileSync(`${kept}-${process.pid}`, new Uint8Array(packed));
  renameSync(`${kept}-${process.pid}`, kept);
  return kept;
}
