/**
 * Where the parts of the package lie, as sources in a checkout and built in a package. The programs are all that
 * starts as a process or a thread of its own; `npm run build` makes one file of each.
 */
import { fileURLToPath } from 'node:url';

export const programs = [
  'cli/main',
  'signer/main',
  'worker/main',
  'worker/patch-process',
  'worker/pglite',
  'worker/schema-plugin',
] as const;

type Program = (typeof programs)[number];

/** Two levels up from here, and from every file in `dist/`. */
const root = new URL('../../', import.meta.url);
const isSource = import.meta.url.endsWith('.ts');

export const packageFile = fileURLToPath(new URL('package.json', root));
export const schemasDirectory = fileURLToPath(new URL('schemas/', root));
/** The launcher: what a child process runs to be Themis again. */
export const launcherFile = fileURLToPath(new URL('bin/themis.cjs', root));
/** What the servers of the demo run: sources in a package too, since a release of the demo is made of them. */
export const demoServerDirectory = fileURLToPath(
  new URL(isSource ? 'src/apps/demo/server/' : 'dist/demo/server/', root),
);

/** An empty PGlite, packed; null in a checkout, where one is made when it is needed. */
export const emptyDatabaseFile = isSource ? null : fileURLToPath(new URL('dist/empty-pglite.tar.gz', root));

export function programFile(name: Program): URL {
  return new URL(isSource ? `src/apps/${name}.ts` : `dist/${name}.js`, root);
}
