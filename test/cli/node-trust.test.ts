/**
 * Signed releases on their way to a real node, through the transport and real processes: what is as it was signed is
 * installed and run, and each way of tampering is refused with its own code before anything is written.
 */
import {
  chmod,
  cp,
  mkdir,
  mkdtemp,
  readFile,
  realpath,
  rename,
  rm,
  symlink,
  unlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createNodeFileSystem } from '../../src/adapters/file-system/node.ts';
import { openSqliteManifestStore } from '../../src/adapters/manifest-store/sqlite.ts';
import { createServiceControl } from '../../src/adapters/service-control/index.ts';
import { processStart } from '../../src/adapters/service-control/process-identity.ts';
import { createNodeTransport } from '../../src/apps/agent/node-deps.ts';
import { systemClock } from '../../src/adapters/clock/system.ts';
import type { DesiredNode } from '../../src/model/desired.ts';
import { wireVersion } from '../../src/model/message.ts';
import type { NodeReply, NodeRequestBody, StagedRelease } from '../../src/model/message.ts';
import type { ReleaseManifest } from '../../src/model/release.ts';
import { revoking } from '../support/revoking.ts';
import { isHalfStaged, listTree } from '../support/node/tree-digest.ts';
import { runCommand } from '../support/run-command.ts';
import { launcherFile } from '../support/launcher-file.ts';

const files = createNodeFileSystem();
const key = ['--key', 'keys/signer.key.pem', '--certificate', 'keys/signer.certificate.pem'];
const authority = { store: 'store-1', token: 1 };
let directory: string;
let originals: string;
let release: string;
let staged: StagedRelease;

async function themis(...line: string[]): Promise<void> {
  const ran = await runCommand(directory, line, systemClock.nowMs());
  if (ran.exitCode !== 0) throw new Error(`${line.join(' ')}: ${ran.err}`);
}

beforeAll(async () => {
  directory = await realpath(await mkdtemp(path.join(tmpdir(), 'themis-trust-')));
  originals = path.join(directory, 'originals');
  release = path.join(directory, 'releases', 'themisdb-1.0.0');
  await mkdir(path.join(originals, 'bin'), { recursive: true });
  await writeFile(path.join(originals, 'bin/server'), '#!/bin/sh\nexec sleep 600\n');
  await chmod(path.join(originals, 'bin/server'), 0o755);
  await mkdir(path.join(originals, 'share'));
  await writeFile(path.join(originals, 'share/data.txt'), 'some data');
  await themis('release', 'keygen', 'keys');
  await themis('release', 'keygen', 'other-keys');
  await themis('release', 'build', 'originals', '--package', 'themisdb', '--version', '1.0.0');
  await themis('release', 'sign', 'originals', ...key);
  const manifest = JSON.parse(await readFile(path.join(originals, 'release.json'), 'utf8')) as ReleaseManifest;
  staged = {
    package: 'themisdb',
    version: '1.0.0',
    manifestHash: manifest.manifestHash,
    locator: { kind: 'directory', directory: path.join(directory, 'releases'), path: 'themisdb-1.0.0' },
  };
  const service = 'service: { manager: supervised, command: [./bin/server], stopTimeout: 2s }';
  for (const name of ['node-a', 'node-b']) {
    await writeFile(
      path.join(directory, 'node.yaml'),
      `apiVersion: themis.dev/v1\nkind: Node\nname: ${name}\n${service}\n`,
    );
    const anchors = name === 'node-a' ? 'keys/anchors.json' : 'other-keys/anchors.json';
    await themis('node', 'init', name, '--anchors', anchors, '--config', 'node.yaml');
  }
});

afterAll(async () => {
  await rm(directory, { recursive: true, force: true });
});

beforeEach(async () => {
  await rm(release, { recursive: true, force: true });
  await cp(originals, release, { recursive: true });
  await themis('release', 'index', 'releases', ...key);
});

/** All but what a refusal may leave: its line in the audit trail, and that a newer index was seen. */
async function restOf(root: string): Promise<Record<string, string>> {
  const tree = Object.entries(await listTree(files, root));
  return Object.fromEntries(tree.filter(([file]) => file !== 'state/audit.jsonl' && file !== 'state/node.json'));
}

async function ask(body: NodeRequestBody, name = 'node-a'): Promise<NodeReply> {
  const node: DesiredNode = { name, transport: { kind: 'local', root: name }, cluster: 'x', labels: {}, tenants: [] };
  return createNodeTransport(directory, {
    clock: systemClock,
    runtimeBinary: process.execPath,
    launcherFile,
  }).call(node, { wireVersion, node: name, ...body }, {});
}

async function flip(file: string): Promise<void> {
  const target = path.join(release, file);
  const bytes = await readFile(target);
  const at = Math.floor(bytes.length / 2);
  bytes[at] = bytes[at]! ^ 1;
  await writeFile(target, bytes);
}

const tampering: readonly [string, string | readonly string[], () => Promise<void>, string?][] = [
  ['a flipped byte in a payload', 'FILE_HASH_MISMATCH', () => flip('share/data.txt')],
  ['a flipped byte in release.json', 'SIGNATURE_INVALID', () => flip('release.json')],
  [
    'a flipped byte in the signature',
    ['SIGNATURE_INVALID', 'SIGNATURE_MALFORMED', 'CERTIFICATE_INVALID', 'SIGNER_UNTRUSTED'],
    () => flip('release.json.p7s'),
  ],
  ['no signature', 'UNSIGNED', () => unlink(path.join(release, 'release.json.p7s'))],
  ['another anchor', 'SIGNER_UNTRUSTED', async () => {}, 'node-b'],
  ['an unlisted file', 'FILE_UNLISTED', () => writeFile(path.join(release, 'bin/extra'), 'x')],
  ['a missing file', 'FILE_MISSING', () => unlink(path.join(release, 'share/data.txt'))],
  [
    'a symbolic link to the right bytes',
    'SYMLINK_REFUSED',
    async () => {
      await rename(path.join(release, 'share/data.txt'), path.join(directory, 'data.txt'));
      await symlink(path.join(directory, 'data.txt'), path.join(release, 'share/data.txt'));
    },
  ],
];

test.each(tampering)(
  '%s: refused as %s, nothing written but what came right',
  async (_what, code, tamper, name = 'node-a') => {
    await tamper();
    const root = path.join(directory, name);
    const before = await restOf(root);
    const reply = await ask({ kind: 'stage', authority, releases: [staged] }, name);
    expect([code].flat()).toContain(reply.kind === 'refused' ? reply.failure.code : JSON.stringify(reply));
    const left = Object.entries(await restOf(root)).filter(
      ([file]) => !(code === 'FILE_HASH_MISMATCH' && (isHalfStaged(file) || file === 'state/manifests.db')),
    );
    expect(Object.fromEntries(left)).toEqual(before);
  },
);

const code = (reply: NodeReply): string =>
  reply.kind === 'refused' ? `${reply.failure.code} ${reply.failure.message}` : JSON.stringify(reply);

test('a node takes no other release, signed as it may be, in the place of the one that its index lists', async () => {
  const manifestHash = `sha256:${'0'.repeat(64)}` as const;
  const other = { ...staged, manifestHash };
  expect(code(await ask({ kind: 'stage', authority, releases: [other] }))).toContain('INDEX_OTHER_MANIFEST');
  await rm(path.join(release, 'release.json.p7s'));
  await writeFile(path.join(release, 'share/data.txt'), 'other data');
  const build = ['release', 'build', 'releases/themisdb-1.0.0', '--package', 'themisdb', '--version', '1.0.0'];
  await themis(...build);
  await themis('release', 'sign', 'releases/themisdb-1.0.0', ...key);
  expect(code(await ask({ kind: 'stage', authority, releases: [staged] }))).toContain('RELEASE_OTHER_MANIFEST');
});

test('what was staged goes no further once it is withdrawn, or its signer is', async () => {
  const { locator: _, ...wanted } = staged;
  const update: NodeRequestBody = {
    kind: 'update',
    authority,
    operation: 'never',
    releases: [wanted],
    expected: {},
    restorePoint: 'never',
    healthTimeoutMs: 0,
  };
  const stage = async (): Promise<string> =>
    code(await ask({ kind: 'stage', authority, releases: [staged] }, 'node-c'));
  const install = async (): Promise<string> => code(await ask(update, 'node-c'));
  await themis('node', 'init', 'node-c', '--anchors', 'keys/anchors.json', '--name', 'node-c');
  expect(await stage()).toContain('done');
  await themis('release', 'index', 'releases', ...key, '--yank', 'themisdb@1.0.0');
  expect(await stage()).toContain('INDEX_YANKED');
  expect(await install()).toContain('NOT_STAGED');
  await themis('release', 'index', 'releases', ...key, '--unyank', 'themisdb@1.0.0');
  expect(await stage()).toContain('unchanged');
  await mkdir(path.join(directory, 'releases/crls'));
  const list = await revoking(path.join(directory, 'keys'), 'signer.certificate.pem', systemClock.nowMs());
  await writeFile(path.join(directory, 'releases/crls/ca.crl'), list);
  await themis('release', 'index', 'releases', ...key);
  expect(await stage()).toContain('CERT_REVOKED');
  expect(await install()).toContain('NOT_STAGED');
  await rm(path.join(directory, 'releases/crls'), { recursive: true });
  await mkdir(path.join(directory, 'node-b/trust/crls'));
  await writeFile(path.join(directory, 'node-b/trust/crls/junk.crl'), 'junk');
  // What keeps a node from verifying anything is told before somebody asks it to.
  const observed = await ask({ kind: 'observe', full: false }, 'node-b');
  expect(observed).toMatchObject({ observed: { refusing: { code: 'SIGNATURE_MALFORMED' } } });
  await rm(path.join(directory, 'node-b/trust/crls'), { recursive: true });
});

test('what is as it was signed is staged, installed and run by processes of its own, and outlives them', async () => {
  expect(await ask({ kind: 'stage', authority, releases: [staged] })).toMatchObject({ result: { kind: 'done' } });
  const memory = await openSqliteManifestStore(path.join(directory, 'node-a/state/manifests.db'), true);
  expect(await memory.statistics()).toMatchObject({ signatures: 1 });
  await memory.close();
  const { locator: _locator, ...wanted } = staged;
  const update: NodeRequestBody = {
    kind: 'update',
    authority,
    operation: 'first',
    releases: [wanted],
    expected: {},
    restorePoint: 'empty',
    healthTimeoutMs: 5000,
  };
  try {
    expect(await ask(update)).toMatchObject({ result: { kind: 'done', restorePoint: 'empty' } });
    const observed = await ask({ kind: 'observe', full: true });
    expect(observed).toMatchObject({ observed: { packages: { themisdb: { version: '1.0.0' } }, drift: [] } });
    const pid = Number((await readFile(path.join(directory, 'node-a/state/service/pid'), 'utf8')).split(' ')[0]);
    expect(await processStart(pid)).not.toBeNull();
    const back = { kind: 'rollback', authority, operation: 'second', keep: null, healthTimeoutMs: 0 } as const;
    expect(await ask({ ...back, restorePoint: 'empty' })).toMatchObject({ result: { kind: 'done' } });
    expect(await processStart(pid)).toBeNull();
  } finally {
    const spec = { workingDirectory: directory, directory: path.join(directory, 'node-a/state/service') };
    await createServiceControl({ kind: 'supervised', command: [], environment: {}, ...spec }).stop(2000);
  }
});
