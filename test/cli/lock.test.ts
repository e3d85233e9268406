import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Catalogue } from '../../src/model/release.ts';
import { catalogueOf, manifestOf } from '../support/catalogue-of.ts';
import { desiredOf, goodFleet } from '../support/findings-of.ts';
import { writeTree } from '../support/real-repository.ts';
import { runCommand } from '../support/run-command.ts';

const [old, now] = [manifestOf('themisdb', '1.4.0'), manifestOf('themisdb', '1.5.0')];
let catalogue: Catalogue;
vi.mock('../../src/apps/cli/reading/catalogue.ts', () => ({ loadCatalogue: () => Promise.resolve(catalogue) }));

let directory: string;
beforeEach(() => {
  catalogue = catalogueOf([old, now]);
  directory = mkdtempSync(join(tmpdir(), 'themis-lock-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const lockText = (): string => readFileSync(join(directory, 'themis.lock.yaml'), 'utf8');

test('the lock is written, says what is new, and is read back as written', async () => {
  writeTree(directory, { 'fleet.yaml': goodFleet });
  const { exitCode, out } = await runCommand(directory, ['lock']);
  expect([exitCode, out]).toEqual([0, '+ themisdb linux/x64 1.5.0\nthemis.lock.yaml pins 1 release.\n']);
  expect(desiredOf(goodFleet, lockText()).lock?.packages.map(({ manifestHash }) => manifestHash)).toEqual([
    now.manifestHash,
  ]);
  expect(readdirSync(directory).sort()).toEqual(['fleet.yaml', 'themis.lock.yaml']);
});

test('a second run changes nothing', async () => {
  writeTree(directory, { 'fleet.yaml': goodFleet });
  await runCommand(directory, ['lock']);
  const before = lockText();
  expect((await runCommand(directory, ['lock'])).out).toMatch(/^No changes\./u);
  expect(lockText()).toBe(before);
});

test('--check writes nothing and ends with 3 until the lock is right', async () => {
  writeTree(directory, { 'fleet.yaml': goodFleet });
  expect((await runCommand(directory, ['lock', '--check'])).exitCode).toBe(3);
  expect(readdirSync(directory)).toEqual(['fleet.yaml']);
  await runCommand(directory, ['lock']);
  expect((await runCommand(directory, ['lock', '--check'])).exitCode).toBe(0);
});

test('a changed version shows both', async () => {
  writeTree(directory, { 'fleet.yaml': goodFleet.replace('1.5.0', '1.4.0') });
  await runCommand(directory, ['lock']);
  writeTree(directory, { 'fleet.yaml': goodFleet });
  expect((await runCommand(directory, ['lock'])).out).toMatch(/^~ themisdb linux\/x64 1\.4\.0 -> 1\.5\.0\n/u);
});

test('a pin stays while the range allows it, until --upgrade', async () => {
  writeTree(directory, { 'fleet.yaml': goodFleet.replace('1.5.0', '1.4.0') });
  await runCommand(directory, ['lock']);
  writeTree(directory, { 'fleet.yaml': goodFleet.replace('1.5.0', '1.x') });
  expect((await runCommand(directory, ['lock'])).out).toMatch(/^No changes\./u);
  expect((await runCommand(directory, ['lock', '--upgrade'])).out).toMatch(
    /^~ themisdb linux\/x64 1\.4\.0 -> 1\.5\.0\n/u,
  );
});

test('a lock that cannot even be read is replaced', async () => {
  writeTree(directory, { 'fleet.yaml': goodFleet, 'themis.lock.yaml': '<<<<<<< HEAD\npackages: [\n' });
  expect((await runCommand(directory, ['lock'])).exitCode).toBe(0);
  expect(desiredOf(goodFleet, lockText()).lock?.packages).toHaveLength(1);
});

test('an invalid fleet, and a range that nothing satisfies, write nothing', async () => {
  writeTree(directory, { 'fleet.yaml': goodFleet.replace('"1.5.0"', '1.5') });
  const invalid = await runCommand(directory, ['lock']);
  expect([invalid.exitCode, invalid.err.includes('THM1111')]).toEqual([3, true]);
  writeTree(directory, { 'fleet.yaml': goodFleet.replace('1.5.0', '3.x') });
  const unsatisfied = await runCommand(directory, ['lock']);
  expect([unsatisfied.exitCode, unsatisfied.err.includes('fleet.yaml:5:25 error THM1307')]).toEqual([3, true]);
  expect(readdirSync(directory)).toEqual(['fleet.yaml']);
});
