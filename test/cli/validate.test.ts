import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { document, goodFleet } from '../support/findings-of.ts';
import { newRepository, writeTree } from '../support/real-repository.ts';
import { runCommand } from '../support/run-command.ts';

const bad = goodFleet.replace('"1.5.0"', '1.10');
let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'themis-validate-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

test('a good fleet ends with 0 and a summary', async () => {
  writeTree(directory, { 'fleet.yaml': goodFleet });
  const { exitCode, out, err } = await runCommand(directory, ['validate']);
  expect([exitCode, out, err]).toEqual([0, '1 file checked, nothing found.\n', '']);
});

test('an error ends with 3 and is shown where it stands', async () => {
  writeTree(directory, { 'sub/fleet.yaml': bad });
  const { exitCode, out } = await runCommand(directory, ['validate', 'sub']);
  expect(exitCode).toBe(3);
  expect(out).toContain('fleet.yaml:5:25 error THM1111');
  expect(out).toMatch(/1 file checked: 1 error\.\n$/u);
});

test('what is not acted on yet is a warning with its line, and no failure', async () => {
  writeTree(directory, { 'fleet.yaml': goodFleet, 'policy.yaml': document('UpdatePolicy', 'a', 'package: themisdb') });
  const { exitCode, out } = await runCommand(directory, ['validate']);
  expect(exitCode).toBe(0);
  expect(out).toContain('policy.yaml:3:19 warning THM1901');
  expect(out).toContain('> 3 | metadata: { name: a }');
});

test('other programs get paths from the root of the repository', async () => {
  const repository = newRepository();
  try {
    repository.write({ 'fleets/orders/fleet.yaml': bad });
    const { out, exitCode } = await runCommand(repository.root, ['validate', 'fleets/orders', '-o', 'github']);
    expect([exitCode, out.split(',')[0]]).toEqual([3, '::error file=fleets/orders/fleet.yaml']);
  } finally {
    repository.remove();
  }
});

test('a revision is checked whatever lies in the work tree', async () => {
  const repository = newRepository();
  try {
    repository.write({ 'fleet.yaml': bad });
    repository.commit('bad');
    repository.write({ 'fleet.yaml': goodFleet });
    expect((await runCommand(repository.root, ['validate'])).exitCode).toBe(0);
    expect((await runCommand(repository.root, ['validate', '--rev', 'HEAD'])).exitCode).toBe(3);
  } finally {
    repository.remove();
  }
});

test('a directory that is not there is an error by name', async () => {
  expect((await runCommand(directory, ['validate', 'nothing'])).error?.code).toBe('NOT_FOUND');
});
