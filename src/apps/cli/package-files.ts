import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The root of the installed package: `src/apps/cli` in a checkout, `dist/src/apps/cli` when built. */
const root = ['../../../', '../../../../']
  .map((up) => new URL(up, import.meta.url))
  .find((url) => existsSync(new URL('package.json', url)))!;

export const packageFile = fileURLToPath(new URL('package.json', root));
export const schemasDirectory = fileURLToPath(new URL('schemas/', root));
/** The launcher: what a child process runs to be Themis again. */
export const launcherFile = fileURLToPath(new URL('bin/themis.cjs', root));
/** The signer program for PKCS#11 tokens: a process of its own. */
export const signerFile = ['../signer/main.ts', '../signer/main.js']
  .map((file) => fileURLToPath(new URL(file, import.meta.url)))
  .find((file) => existsSync(file))!;
