import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openSqliteStore } from '../../src/adapters/store/sqlite.ts';
import { clockCheck } from '../../src/apps/cli/doctor/checks/clock.ts';
import { fileSystemKind, lookAt } from '../../src/apps/cli/doctor/checks/state-directory.ts';
import type { Surroundings } from '../../src/apps/cli/doctor/check.ts';
import { nowMs } from '../support/pki.ts';
import { runCommand, type Ran } from '../support/run-command.ts';

const uid = '0b5c7f1e-0000-4000-8000-000000000001';
const fleet = `apiVersion: themis.dev/v1
kind: Fleet
metadata: { name: orders, uid: ${uid} }
spec:
  packages: { themisdb: "1.5.0" }
  releases: { directory: ./releases }
  nodes:
    - { name: node-a, transport: { local: { root: ./nodes/node-a } } }
    - { name: node-b, transport: { local: { root: ./nodes/node-b } } }
`;

let directory: string;
let environment: Readonly<Record<string, string | undefined>>;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'themis-doctor-'));
  environment = { PATH: process.env['PATH'], THEMIS_STATE_DIR: join(directory, 'state') };
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const themis = (...line: string[]): Promise<Ran> => runCommand(directory, line, nowMs, environment);

/** Two nodes without anything installed, a signed release, a lock, one commit; files as old as the clock. */
async function makeFleet(): Promise<void> {
  const signer = ['--key', 'keys/signer.key.pem', '--certificate', 'keys/signer.certificate.pem'];
  mkdirSync(join(directory, 'releases/themisdb-1.5.0'), { recursive: true });
  writeFileSync(join(directory, 'releases/themisdb-1.5.0/server'), 'server');
  writeFileSync(join(directory, 'fleet.yaml'), fleet);
  writeFileSync(join(directory, '.gitignore'), 'keys/\nnodes/\nreleases/\nstate/\n');
  for (const line of [
    ['release', 'keygen', 'keys'],
    ['release', 'build', 'releases/themisdb-1.5.0', '--package', 'themisdb', '--version', '1.5.0'],
    ['release', 'sign', 'releases/themisdb-1.5.0', ...signer],
    ['release', 'index', 'releases', ...signer, '--expires', '30d'],
    ['node', 'init', 'nodes/node-a', '--name', 'node-a', '--anchors', 'keys/anchors.json'],
    ['node', 'init', 'nodes/node-b', '--name', 'node-b', '--anchors', 'keys/anchors.json'],
    ['lock'],
  ]) {
    const ran = await themis(...line);
    expect([line, ran.exitCode, ran.err]).toEqual([line, 0, ran.err]);
  }
  commit();
}

function commit(): void {
  for (const file of ['fleet.yaml', 'themis.lock.yaml']) utimesSync(join(directory, file), nowMs / 1000, nowMs / 1000);
  const identity = ['-c', 'user.name=T', '-c', 'user.email=t@example.org', '-c', 'commit.gpgsign=false'];
  for (const line of [
    ['init', '--quiet'],
    ['add', '--all'],
    [...identity, 'commit', '--quiet', '-m', 'fleet'],
  ])
    expect(spawnSync('git', line, { cwd: directory }).status).toBe(0);
}

/** Name, status and codes of what is not ok. */
async function complaints(...line: string[]): Promise<readonly [number, readonly string[]]> {
  const { exitCode, out } = await themis('doctor', '-o', 'json', ...line);
  const { checks } = JSON.parse(out) as {
    checks: { name: string; status: string; findings: { code: string; fix?: string }[] }[];
  };
  const bad = checks.filter(({ status }) => status !== 'ok');
  expect(bad.flatMap(({ findings }) => findings).every(({ fix }) => fix !== undefined)).toBe(true);
  return [exitCode, bad.map(({ name, status, findings }) => `${status} ${name} ${findings[0]!.code}`)];
}

test('a fleet that is well passes every check, and looking leaves no trace', async () => {
  await makeFleet();
  const before = readdirSync(directory, { recursive: true }).filter((file) => !String(file).startsWith('.git'));
  const { exitCode, out } = await themis('doctor');
  expect([exitCode, out.trimEnd().split('\n').at(-1)]).toEqual([0, 'All 14 checks passed.']);
  expect(out).toMatch(/^ok {4}runtime {7}Themis/u);
  const after = readdirSync(directory, { recursive: true }).filter((file) => !String(file).startsWith('.git'));
  expect(after).toEqual(before);
});

test('each thing that is broken fails its own check, and the others still run', async () => {
  await makeFleet();
  const anchors = join(directory, 'nodes/node-b/trust/anchors.json');
  chmodSync(anchors, 0o644);
  writeFileSync(anchors, '{}');
  expect(await complaints()).toEqual([1, ['fail anchors THM6081']]);

  rmSync(join(directory, 'nodes/node-b'), { recursive: true });
  expect(await complaints()).toEqual([1, ['fail nodes THM6071']]);

  rmSync(join(directory, 'releases/index.json.p7s'));
  expect(await complaints()).toEqual([1, ['fail releases THM6062', 'fail nodes THM6071']]);

  rmSync(join(directory, 'releases/index.json'));
  expect(await complaints()).toEqual([1, ['warn lock file THM6052', 'fail releases THM6061', 'fail nodes THM6071']]);
});

test('an index that runs out soon is a warning, one that ran out fails', async () => {
  await makeFleet();
  const later = async (days: number): Promise<unknown> => {
    const { out } = await runCommand(directory, ['doctor', '-o', 'json'], nowMs + days * 86_400_000, environment);
    const { checks } = JSON.parse(out) as { checks: { name: string; status: string }[] };
    return checks.find(({ name }) => name === 'releases')?.status;
  };
  expect([await later(1), await later(25), await later(31)]).toEqual(['ok', 'warn', 'fail']);
});

test('what is not committed, a lock that does not fit and a file from the future are named', async () => {
  await makeFleet();
  writeFileSync(join(directory, 'fleet.yaml'), fleet.replace('1.5.0', '1.6.0'));
  utimesSync(join(directory, 'fleet.yaml'), nowMs / 1000 + 3600, nowMs / 1000 + 3600);
  expect(await complaints()).toEqual([1, ['warn repository THM6032', 'warn skew THM6013', 'fail lock file THM6051']]);
});

test('nodes that obey another store, and a lock whose holder is gone, are named', async () => {
  await makeFleet();
  expect((await themis('node', 'adopt', 'elsewhere', '--root', 'nodes/node-a')).exitCode).toBe(0);
  expect(await complaints()).toEqual([1, ['fail coordination THM6074']]);

  const clock = { nowMs: () => nowMs, steadyMs: () => nowMs, sleep: () => Promise.resolve() };
  const store = openSqliteStore(join(directory, 'state', uid, 'state.db'), clock, () => true);
  expect((await themis('node', 'adopt', store.id, '--root', 'nodes/node-a')).exitCode).toBe(0);
  const gone = { id: 'x', who: 'ops@elsewhere', host: 'elsewhere', pid: 1, pidStartedAt: null, purpose: 'test' };
  await store.lease.acquire(gone, 1000);
  expect(await complaints()).toEqual([0, []]);
  const { out } = await runCommand(directory, ['doctor'], nowMs + 2000, environment);
  expect(out).toMatch(/^warn {2}coordination {2}ops@elsewhere.*THM6093$/mu);
  await store.close();
});

test('without a valid fleet the rest is named as not checked', async () => {
  expect(await complaints()).toEqual([1, ['fail fleet THM6041']]);
  expect(await complaints('nowhere')).toEqual([1, ['fail fleet THM6042']]);
  expect((await themis('doctor')).out).toContain('Not checked without a valid fleet: repository,');
});

test('--pre needs no fleet', async () => {
  expect(await complaints('--pre')).toEqual([0, []]);
  const broken = await runCommand(directory, ['doctor', '--pre', '-o', 'json'], Date.UTC(1970, 0, 1), environment);
  expect([broken.exitCode, broken.out.includes('THM6011')]).toEqual([1, true]);
});

test('time zones that are known have the offsets that are expected', async () => {
  const around = { session: { clock: { nowMs: () => nowMs } } } as unknown as Surroundings;
  expect((await clockCheck.look(around)).findings).toEqual([]);
});

test('a state directory that cannot be one is told by what stands in the way', () => {
  writeFileSync(join(directory, 'file'), '');
  expect(lookAt(join(directory, 'file', 'state')).findings[0]?.code).toBe('THM6021');
  expect(lookAt(join(directory, 'deep', 'state')).findings).toEqual([]);
  expect(readdirSync(directory)).toEqual(['file']);
});

test.each([
  [0x6969, 'NFS', true],
  [0xff534d42, 'CIFS', true],
  [0xff534d42 | 0, 'CIFS', true],
  [0x65735546, 'FUSE', false],
])('file system type %i is %s', (type, name, network) => {
  expect(fileSystemKind(type)).toEqual({ name, network });
  expect(fileSystemKind(0xef53)).toBeUndefined();
});
