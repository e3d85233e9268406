/** `npm run build`: makes `dist/`, which the package ships instead of the sources. */
import { fileURLToPath } from 'node:url';
import { buildPackage } from './build-package.ts';

await buildPackage(fileURLToPath(new URL('../dist/', import.meta.url)));
