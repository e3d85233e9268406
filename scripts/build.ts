/** `npm run build`: makes `dist/`, which the package ships instead of the sources. An argument names another directory. */
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { buildPackage } from './build-package.ts';

const own = fileURLToPath(new URL('../dist/', import.meta.url));
const directory = process.argv[2] ?? own;
// Of another one nobody knows what else is in it.
if (directory === own) rmSync(own, { recursive: true, force: true });
await buildPackage(directory);
