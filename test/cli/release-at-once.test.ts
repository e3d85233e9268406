import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { signersOf } from '../../src/trust/cms/signers-of.ts';
import { startThemis } from '../support/live/live-process.ts';
import { runCommand } from '../support/run-command.ts';

const people = ['one', 'two', 'three', 'four'];
let root = '';
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'themis-cosign-'));
  for (const name of people) await themis('keygen', name, '--name', name);
  for (const version of ['1.4.0', '1.5.0']) {
    await mkdir(join(root, `releases/themisdb-${version}`), { recursive: true });
    await writeFile(join(root, `releases/themisdb-${version}/server`), version);
    await themis('build', `releases/themisdb-${version}`, '--package', 'themisdb', '--version', version);
  }
  await writeFile(join(root, 'anchors-2.json'), await readFile(join(root, 'one/anchors.json')));
});
afterAll(() => rm(root, { recursive: true, force: true }));

const keysOf = (name: string, kind = 'signer'): string[] => [
  '--key',
  `${name}/${kind}.key.pem`,
  '--certificate',
  `${name}/${kind}.certificate.pem`,
];

async function themis(...line: string[]): Promise<void> {
  const ran = await runCommand(root, ['release', ...line]);
  if (ran.exitCode !== 0) throw new Error(`${line.join(' ')}: ${ran.err}`);
}

/** At once, each in a process of its own; the first signs before. Returns how many signatures hold in the end. */
async function signAtOnce(content: string, first: string[], ...line: string[]): Promise<number> {
  // Anchors are signed for by anchors.
  const kind = line[0] === 'sign-anchors' ? 'ca' : 'signer';
  await themis(...first, ...keysOf('one', kind));
  const environment = { PATH: process.env['PATH'] ?? '', THEMIS_STATE_DIR: join(root, 'state') };
  const running = people
    .slice(1)
    .map((name) => startThemis(root, environment, ['release', ...line, '--cosign', ...keysOf(name, kind)]));
  for (const { code, err } of await Promise.all(running.map(({ ended }) => ended)))
    expect([code, err]).toEqual([0, '']);
  const read = async (path: string): Promise<Buffer> => await readFile(join(root, path));
  const signers = signersOf(await read(content), await read(`${content}.p7s`));
  if (!signers.ok) throw new Error(signers.message);
  return new Set(signers.keys).size;
}

test.each([
  ['a release, without a store beside it', 'releases/themisdb-1.4.0', 'release.json', false],
  ['a release, with a store beside it', 'releases/themisdb-1.5.0', 'release.json', true],
])('whoever signs %s at the same time loses no signature', async (_, directory, name, isStored) => {
  if (isStored) await themis('index', 'releases', ...keysOf('one'));
  const signed = await signAtOnce(`${directory}/${name}`, ['sign', directory], 'sign', directory);
  expect(signed).toBe(people.length);
  expect(await readdir(join(root, directory))).toEqual(['release.json', 'release.json.p7s', 'server']);
});

test('whoever signs an index at the same time loses no signature', async () => {
  expect(await signAtOnce('releases/index.json', ['index', 'releases'], 'sign', 'releases')).toBe(people.length);
});

test('whoever signs an anchors document at the same time loses no signature', async () => {
  const line = ['sign-anchors', 'anchors-2.json'];
  expect(await signAtOnce('anchors-2.json', line, ...line)).toBe(people.length);
});

test('releases built at the same time have counters of their own', async () => {
  const versions = ['2.0.0', '2.1.0', '2.2.0', '2.3.0'];
  const environment = { PATH: process.env['PATH'] ?? '', THEMIS_STATE_DIR: join(root, 'state') };
  const running = [];
  for (const version of versions) {
    const directory = `builds/new-${version}`;
    await mkdir(join(root, directory), { recursive: true });
    running.push(
      startThemis(root, environment, ['release', 'build', directory, '--package', 'new', '--version', version]),
    );
  }
  await Promise.all(running.map(({ ended }) => ended));
  const counters = versions.map(async (version) => {
    const text = await readFile(join(root, `builds/new-${version}/release.json`), 'utf8');
    return (JSON.parse(text) as { counter: number }).counter;
  });
  expect((await Promise.all(counters)).toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4]);
});
