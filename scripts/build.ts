/** `npm run build`: makes `dist/`, which the package ships instead of the sources. An argument names another directory. */
import { fileURLToPath } from 'node:url';
import { buildPackage } from './build-package.ts';

await buildPackage(process.argv[2] ?? fileURLToPath(new URL('../dist/', import.meta.url)));
