/**
 * Builds another payload, for ThemisDB's own updater as well, in a process that is killed with SIGKILL before the n-th
 * thing it does to a file, for every n until it comes to its end. What it left is no part of any release: nothing that
 * lies there is verified meanwhile, and built and signed once more the release holds its payload and nothing else.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDirectorySource } from '../../src/adapters/release-source/directory.ts';
import type { ReleaseManifest } from '../../src/model/release.ts';
import { verifyPayload, verifyRelease } from '../../src/release/verify-release.ts';
import { parseAnchors } from '../../src/trust/policy/anchors.ts';
import { nowMs } from '../support/pki.ts';
import { runCommand } from '../support/run-command.ts';

const keys = ['--key', '../keys/signer.key.pem', '--certificate', '../keys/signer.certificate.pem'];
const directory = 'releases/themisdb-1.5.0';
const build = ['release', 'build', directory, '--package', 'themisdb', '--version', '1.5.0', '--flat'];
const sign = ['release', 'sign', directory, ...keys];
let base = '';

async function themis(root: string, line: string[]): Promise<void> {
  const ran = await runCommand(root, line);
  if (ran.exitCode !== 0) throw new Error(`${line.join(' ')}: ${ran.err}`);
}

beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'themis-build-'));
  const root = join(base, 'original');
  await mkdir(join(root, directory), { recursive: true });
  await writeFile(join(root, directory, 'server'), '1.5.0');
  await themis(root, ['release', 'keygen', '../keys']);
  await themis(root, build);
  await themis(root, sign);
});
afterAll(() => rm(base, { recursive: true, force: true }));

async function verdict(root: string): Promise<string> {
  const parsed = parseAnchors(await readFile(join(base, 'keys/anchors.json')));
  if (!parsed.ok) throw new Error(parsed.message);
  const trust = { anchors: parsed.anchors, crls: [] };
  const source = openDirectorySource(join(root, directory));
  const verified = await verifyRelease(source, '', trust, {}, nowMs);
  if (!verified.ok) return verified.code;
  for await (const { refusal } of verifyPayload(source, verified)) if (refusal !== null) return refusal.code;
  return 'verified';
}

/** Returns whether it was killed. */
async function killedAt(root: string, limit: number): Promise<boolean> {
  const script = fileURLToPath(new URL('../support/release-process.ts', import.meta.url));
  const child = spawn(process.execPath, [script, root, String(limit), ...build], { stdio: ['ignore', 'pipe', 2] });
  let out = '';
  child.stdout!.on('data', (chunk) => (out += chunk));
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  if (signal === null) expect([code, JSON.parse(out)]).toEqual([0, expect.objectContaining({ exitCode: 0 })]);
  else expect(signal).toBe('SIGKILL');
  return signal !== null;
}

test('killed before every operation of a build: no draft becomes part of a release or spoils one', async () => {
  let limit = 1;
  for (let killed = true; killed; limit += 1) {
    const what = `killed at ${limit}`;
    const root = join(base, `run-${limit}`);
    await cp(join(base, 'original'), root, { recursive: true });
    await writeFile(join(root, directory, 'server'), '1.5.1');
    killed = await killedAt(root, limit);
    expect(['RELEASE_FILE_HASH', 'RELEASE_UNSIGNED'], what).toContain(await verdict(root));
    await themis(root, build);
    await themis(root, sign);
    expect(await verdict(root), what).toBe('verified');
    const { files } = JSON.parse(await readFile(join(root, directory, 'release.json'), 'utf8')) as ReleaseManifest;
    expect(
      files.map(({ path }) => path),
      what,
    ).toEqual(['server']);
    const left = (await readdir(join(root, directory))).toSorted();
    expect(left, what).toEqual(['release.flat.json', 'release.json', 'release.json.p7s', 'server']);
    await rm(root, { recursive: true });
  }
  expect(limit).toBeGreaterThan(10);
}, 300_000);
