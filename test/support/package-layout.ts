/** The package as `npm pack` would ship it, laid out in a directory; what it does not bring along it finds in the checkout. */
import { execFileSync } from 'node:child_process';
import { cpSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** Built in a process of its own: the memory it takes would stay with this one. */
export function layOutPackage(directory: string): void {
  execFileSync(process.execPath, [join(root, 'scripts/build.ts'), join(directory, 'dist')], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  for (const name of ['bin', 'schemas', 'package.json'])
    cpSync(join(root, name), join(directory, name), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(directory, 'node_modules'));
}
