/** What happens to a run whose output or directory goes away. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { launcherFile } from '../support/launcher-file.ts';

function shell(line: string): { status: number | null; stderr: string } {
  const environment = { ...process.env, THEMIS: `${process.execPath} ${launcherFile}` };
  return spawnSync('sh', ['-c', line], { env: environment, encoding: 'utf8' });
}

test.skipIf(!existsSync('/dev/full'))('a full disk under the output is a failure told in one line', () => {
  const { status, stderr } = shell('$THEMIS explain Fleet > /dev/full');
  expect([status, stderr.split('\n').length]).toEqual([1, 2]);
  expect(stderr).toMatch(/^error: the output could not be written/u);
});

test('a reader that went away changes no exit code', () => {
  const gone = shell('{ sleep 1; $THEMIS explain Migration; echo $? >&2; } | true');
  expect(gone.stderr).toBe('0\n');
});

test('a directory that was removed is named, not called a bug', () => {
  const { status, stderr } = shell('d=$(mktemp -d); cd "$d"; rmdir "$d"; $THEMIS validate');
  expect(status).toBe(1);
  expect(stderr).toMatch(/^error: the current directory was removed.*\nhint: cd to another one\n$/u);
});
