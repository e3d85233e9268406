/**
 * The package as it is shipped, built once for a run: what tests start as `themis` is what users start, and starts in a
 * third of the time that it takes from the sources. What it compiles is kept for all of them.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { layOutPackage } from './package-layout.ts';

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
  const built = join(base, 'themis');
  layOutPackage(built);
  provide('launcherFile', join(built, 'bin/themis.cjs'));
  provide('compileCache', join(base, 'compiled'));
  return () => rmSync(base, { recursive: true, force: true });
}
