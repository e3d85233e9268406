import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { UpdatesView } from '../../src/report/updates.ts';
import { nowMs } from '../support/pki.ts';
import { type Ran, runCommand } from '../support/run-command.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'themis-check-'));
});
afterEach(async () => {
  await rm(root, { recursive: true });
});

const keys = ['--key', 'keys/signer.key.pem', '--certificate', 'keys/signer.certificate.pem'];
const themis = async (line: readonly string[], atMs = nowMs): Promise<Ran> =>
  await runCommand(root, line, atMs, { THEMIS_STATE_DIR: join(root, 'state') });
const release = async (...line: string[]): Promise<Ran> => await themis(['release', ...line]);

const fleetOf = (range: string): string => `apiVersion: themis.dev/v1
kind: Fleet
metadata: { name: orders, uid: 0b5c2f6e-0000-4000-8000-000000000001 }
spec:
  packages: { db: "${range}" }
  releases: { directory: ./releases }
  nodes:
    - { name: node-a, transport: { local: { root: ./nodes/node-a } } }
`;

async function build(version: string, ...more: string[]): Promise<void> {
  const directory = `releases/db-${version}`;
  await mkdir(join(root, directory), { recursive: true });
  await writeFile(join(root, directory, 'server'), version);
  const built = await release('build', directory, '--package', 'db', '--version', version, ...more);
  expect(built.exitCode).toBe(0);
  await release('sign', directory, ...keys);
  expect((await release('index', 'releases', ...keys)).exitCode).toBe(0);
}

async function fleet(): Promise<void> {
  await release('keygen');
  await build('1.4.0');
  await writeFile(join(root, 'fleet.yaml'), fleetOf('>=1.4 <2'));
  expect((await themis(['lock'])).exitCode).toBe(0);
}

const hourMs = 3_600_000;

describe('release check', () => {
  it('tells newer releases, critical ones first, and from when it knows; exit 2 where that is asked for', async () => {
    await fleet();
    const none = await release('check', '--detailed-exitcode');
    expect([none.exitCode, none.out]).toEqual([
      0,
      'No newer releases.\nNot verified: --anchors FILE says whom to believe.\nAs of 2026-07-01T00:00:00.000Z. The next look is at 2026-07-01T01:00:00.000Z.\n',
    ]);
    await build('1.4.1', '--critical');
    await build('1.5.0');
    await build('2.0.0');
    const kept = await themis(['release', 'check', '--detailed-exitcode'], nowMs + hourMs - 1);
    expect([kept.exitCode, kept.out]).toEqual([0, expect.stringContaining('kept since')]);
    const later = await themis(['release', 'check', '--detailed-exitcode'], nowMs + hourMs);
    expect([later.exitCode, later.out]).toEqual([
      2,
      'db 1.4.0 (>=1.4 <2)\n  ~ 1.4.1 critical\n  ~ 1.5.0\n  outside: 2.0.0\n' +
        'Not verified: --anchors FILE says whom to believe.\n' +
        'As of 2026-07-01T01:00:00.000Z. The next look is at 2026-07-01T02:00:00.000Z.\n',
    ]);
    expect((await release('check', '--interval', '0s')).exitCode).toBe(0);
    const json = await release('check', '-o', 'json', '--interval', '0s', '--critical-only');
    const view = JSON.parse(json.out) as UpdatesView;
    expect(view).toMatchObject({
      asked: true,
      verified: false,
      failure: null,
      index: { counter: 4, stale: false },
      packages: [{ package: 'db', pinned: ['1.4.0'], newer: [{ version: '1.4.1', critical: true }], outside: [] }],
    });
  });

  it('never offers what was withdrawn, and says that what is pinned was', async () => {
    await fleet();
    await build('1.5.0');
    await release('index', 'releases', ...keys, '--yank', 'db@1.5.0', '--yank', 'db@1.4.0');
    const ran = await release('check', '--detailed-exitcode');
    expect([ran.exitCode, ran.out]).toEqual([
      0,
      expect.stringContaining('db 1.4.0 (>=1.4 <2)\n  ! 1.4.0 was withdrawn\n'),
    ]);
  });

  it('verifies the index where it is told whom to believe, and says when the index is too old', async () => {
    await fleet();
    const anchors = ['--anchors', 'keys/anchors.json', '--interval', '0s'];
    const verified = await release('check', ...anchors);
    expect([verified.exitCode, verified.out.includes('Not verified')]).toEqual([0, false]);
    const late = await themis(['release', 'check', '--interval', '0s'], nowMs + 31 * 24 * hourMs);
    expect(late.out).toContain('may hide newer ones');
    const index = await readFile(join(root, 'releases/index.json'), 'utf8');
    await writeFile(join(root, 'releases/index.json'), index.replace('"counter": 1', '"counter": 9'));
    expect(await release('check', ...anchors)).toMatchObject({ exitCode: 4 });
    expect((await release('check')).out).toContain('As of');
  });

  it('answers from what it knows where the releases are gone, and fails where it knows nothing', async () => {
    await fleet();
    await release('check');
    await rm(join(root, 'releases'), { recursive: true });
    const ran = await themis(['release', 'check'], nowMs + 2 * hourMs);
    expect([ran.exitCode, ran.out]).toEqual([0, expect.stringContaining('The last look was in vain')]);
    await rm(join(root, 'state'), { recursive: true });
    expect((await release('check')).exitCode).toBe(1);
    await writeFile(join(root, 'fleet.yaml'), 'kind: Fleet');
    expect((await release('check')).exitCode).toBe(3);
  });
});
