/**
 * The package as it is shipped, built once for a run: what tests start as `themis` is what users start, and starts in a
 * third of the time that it takes from the sources. What it compiles is kept for all of them.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    compileCache: string;
    /** The built launcher. */
    launcherFile: string;
  }
}

/** Called by vitest once for a run. */
export function setup({ provide }: TestProject): () => void {
  const base = mkdtempSync(join(tmpdir(), 'themis-package-'));
  const [built, root] = [join(base, 'themis'), fileURLToPath(new URL('../../', import.meta.url))];
  // In a process of its own: the memory it takes would stay with this one for the whole run.
  execFileSync(process.execPath, [join(root, 'scripts/build.ts'), join(built, 'dist')], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  for (const name of ['bin', 'schemas', 'package.json'])
    cpSync(join(root, name), join(built, name), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(built, 'node_modules'));
  provide('launcherFile', join(built, 'bin/themis.cjs'));
  provide('compileCache', join(base, 'compiled'));
  return () => rmSync(base, { recursive: true, force: true });
}
