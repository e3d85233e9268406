/** Debian's programs for patches, as peers that read and write the same bytes. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Whether it is installed; says so when it is not. */
export function hasProgram(name: string, debianPackage: string): boolean {
  const isHere = spawnSync(name, ['--help'], { stdio: 'ignore' }).error === undefined;
  if (!isHere)
    console.warn(`${name}: not on this machine, patches NOT TESTED against it; apt-get install ${debianPackage}`);
  return isHere;
}

/**
 * Runs it beside files of these names and gives back what it wrote to `made`. A name in the arguments stands for the
 * file's path.
 */
export function runProgram(
  name: string,
  args: readonly string[],
  files: Readonly<Record<string, Uint8Array>>,
): Uint8Array {
  const directory = mkdtempSync(join(tmpdir(), 'themis-patch-'));
  try {
    for (const [file, bytes] of Object.entries(files)) writeFileSync(join(directory, file), bytes);
    const ran = spawnSync(name, args, { cwd: directory, encoding: 'utf8' });
    if (ran.status !== 0) throw new Error(`${name} ${args.join(' ')}: ${ran.error?.message ?? ran.stderr}`);
    return readFileSync(join(directory, 'made'));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
