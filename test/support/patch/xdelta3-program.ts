/** Debian's xdelta3, where it is installed. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const hasXdelta3 = spawnSync('xdelta3', ['-V'], { stdio: 'ignore' }).status === 0;
if (!hasXdelta3) {
  console.warn('xdelta3: not on this machine, patches not held against it; apt-get install xdelta3');
}

/** The patch it makes with these options. */
export function makeWithXdelta3(options: readonly string[], base: Uint8Array, target: Uint8Array): Uint8Array {
  return run((file) => ['-e', ...options, '-s', file('base', base), file('target', target), file('out')]);
}

/** The target it makes. Throws what it says where it refuses. */
export function applyWithXdelta3(base: Uint8Array, patch: Uint8Array): Uint8Array {
  return run((file) => ['-d', '-s', file('base', base), file('patch', patch), file('out')]);
}

function run(argumentsOf: (file: (name: string, bytes?: Uint8Array) => string) => readonly string[]): Uint8Array {
  const directory = mkdtempSync(join(tmpdir(), 'themis-xdelta3-'));
  try {
    const file = (name: string, bytes?: Uint8Array): string => {
      const path = join(directory, name);
      if (bytes !== undefined) writeFileSync(path, bytes);
      return path;
    };
    const { status, stderr } = spawnSync('xdelta3', ['-f', ...argumentsOf(file)], { encoding: 'utf8' });
    if (status !== 0) throw new Error(`xdelta3: ${stderr}`);
    return readFileSync(file('out'));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
