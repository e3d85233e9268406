import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const packages = fileURLToPath(new URL('../../../node_modules', import.meta.url));

/** Where an empty one of the installed version is kept, as tools keep what they can make again. */
export function keptPglite(ending: '' | '.tar'): string {
  const about = readFileSync(join(packages, '@electric-sql/pglite/package.json'), 'utf8');
  const { version } = JSON.parse(about) as { version: string };
  const directory = join(packages, '.cache', 'themis');
  mkdirSync(directory, { recursive: true });
  return join(directory, `pglite-${version}${ending}`);
}
