/**
 * One directory of compiled code for every process that the tests of a run start. Without it each of them strips and
 * compiles the same sources again, which takes longer than what it is started for.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    compileCache: string;
  }
}

/** Called by vitest once for a run. */
export function setup({ provide }: TestProject): () => void {
  const directory = mkdtempSync(join(tmpdir(), 'themis-compiled-'));
  provide('compileCache', directory);
  return () => rmSync(directory, { recursive: true, force: true });
}
