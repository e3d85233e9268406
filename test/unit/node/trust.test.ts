import { expect, test } from 'vitest';
import { MemoryFileSystem } from '../../../src/adapters/file-system/memory.ts';
import { type Digest, digestBytes, hexOf } from '../../../src/kernel/digest.ts';
import { ThemisError } from '../../../src/kernel/error.ts';
import type { ReleaseIndexEntry } from '../../../src/model/release.ts';
import { openNode } from '../../../src/node/context.ts';
import { initNode } from '../../../src/node/init.ts';
import type { NodeDeps } from '../../../src/node/deps.ts';
import { handleNodeRequest } from '../../../src/node/handle-request.ts';
import { auditLimitBytes, type AuditEntry, writeAudit } from '../../../src/node/trust/audit.ts';
import { rotateAnchors } from '../../../src/node/trust/rotate-anchors.ts';
import { Fuse } from '../../support/node/fuse.ts';
import {
  anchors,
  atOld,
  authority,
  newRelease,
  nodeDocument,
  NodeWorld,
  oldRelease,
  requestOf,
} from '../../support/node/node-world.ts';
import { acceptingIndex, makeRelease, type TestRelease } from '../../support/node/releases.ts';

const stageOf = (...releases: TestRelease[]) =>
  ({ kind: 'stage', authority, releases: releases.map((release) => release.staged) }) as const;
const trustDirectory = '/node/trust';
const anchorsFile = `${trustDirectory}/anchors.json`;
const next = new TextEncoder().encode('{"anchors":[2]}');

async function fresh(): Promise<NodeWorld> {
  const world = new NodeWorld();
  await world.init();
  return world;
}

/** What the refusal says; the finer code stands in it. */
async function refusalOf(world: NodeWorld, release: TestRelease, deps: Partial<NodeDeps> = {}): Promise<string> {
  const reply = await handleNodeRequest({ ...world.deps(), ...deps })(requestOf(stageOf(release)));
  return reply.kind === 'refused' ? `${reply.failure.code} ${reply.failure.message}` : JSON.stringify(reply);
}

async function trail(world: NodeWorld): Promise<AuditEntry[]> {
  const text = new TextDecoder().decode(await world.files.readFile('/node/state/audit.jsonl'));
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as AuditEntry);
}

const spoilers: Record<string, [string, (world: NodeWorld) => Promise<void>]> = {
  'a file that is gone': ['ANCHORS_MISSING', (world) => world.files.removeFile(anchorsFile)],
  'other bytes': ['ANCHORS_CHANGED', (world) => world.files.writeFile(anchorsFile, next, 0o444)],
  'a file others may write': ['ANCHORS_WRITABLE', (world) => world.files.setMode(anchorsFile, 0o666)],
  'a directory others may write': ['ANCHORS_WRITABLE', (world) => world.files.setMode(trustDirectory, 0o777)],
  'a link': [
    'ANCHORS_LINKED',
    async (world) => {
      await world.files.removeFile(anchorsFile);
      (world.files as MemoryFileSystem).plantSymlink(anchorsFile, '/elsewhere');
    },
  ],
};

test.each(Object.entries(spoilers))(
  '%s in the trust directory stops the node, which says so',
  async (_, [code, spoil]) => {
    const world = await NodeWorld.ready();
    await spoil(world);
    expect(await refusalOf(world, makeRelease({ version: '1.6.0', files: { a: 'a' } }))).toContain(code);
    expect(await world.refusal(world.updateTo(newRelease, atOld))).toBe('ANCHORS_CHANGED');
    const { refusing } = await world.observe();
    expect(refusing?.message).toContain(code);
    expect(refusing?.hint).toBeDefined();
    expect((await trail(world)).map(({ kind }) => kind)).toEqual(['anchors-refused', 'anchors-refused']);
    // What it had before it can still go back to.
    const back = { kind: 'rollback', authority, operation: 'b', keep: null, healthTimeoutMs: 0 } as const;
    expect((await world.result({ ...back, restorePoint: 'before-1.4.0' })).kind).toBe('done');
  },
);

test('the trust directory of somebody else is refused when a node is made', async () => {
  const world = new NodeWorld();
  const deps = { ...world.deps(), machine: { ...world.deps().machine, user: 7 } };
  const lstat = deps.files.lstat.bind(deps.files);
  const files = new Proxy(deps.files, {
    get: (target, name: keyof typeof deps.files) =>
      name === 'lstat'
        ? async (path: string) => {
            const stat = await lstat(path);
            return stat === null ? null : { ...stat, owner: 8 };
          }
        : (target[name] as (...given: unknown[]) => unknown).bind(target),
  });
  await expect(initNode({ ...deps, files }, { document: nodeDocument, anchors })).rejects.toMatchObject({
    reason: 'ANCHORS_OWNER',
  });
  expect(await world.files.lstat('/node/state/node.json')).toBeNull();
});

test('new releases come through the index alone; what the node had comes back without it', async () => {
  const world = await NodeWorld.ready();
  const later = makeRelease({ version: '1.6.0', files: { a: 'a' } });
  world.offer(later);
  const empty: Partial<NodeDeps> = { verifyIndex: acceptingIndex(new Map()) };
  expect(await refusalOf(world, later, empty)).toContain('INDEX_ENTRY_MISSING');
  await world.ask({ kind: 'prune', keepRestorePoints: 9, pinned: [] });
  expect(await refusalOf(world, oldRelease, empty)).toContain('done');
  expect(await refusalOf(world, newRelease, empty)).toContain('INDEX_ENTRY_MISSING');
  expect((await trail(world)).map(({ kind }) => kind)).toEqual(['index-refused', 'index-refused']);
});

test('what was staged is offered anew each time, or goes no further', async () => {
  const world = await NodeWorld.ready();
  const index = (over: Partial<ReleaseIndexEntry>): Partial<NodeDeps> => ({
    verifyIndex: async (...given) => {
      const answer = await acceptingIndex(world.sources)(...given);
      if (answer.kind === 'refused') return answer;
      const entries = answer.index.entries.map((entry) => Object.assign({}, entry, over));
      return { ...answer, index: { ...answer.index, entries } };
    },
  });
  expect(await refusalOf(world, newRelease, index({ yanked: true }))).toContain('INDEX_YANKED');
  // Not even what was offered before the withdrawal.
  expect(await world.refusal(world.updateTo(newRelease, atOld))).toBe('NOT_STAGED');
  expect(await refusalOf(world, newRelease, index({ version: '1.5.1' }))).toContain('INDEX_OTHER_MANIFEST');
  expect(await refusalOf(world, newRelease)).toContain('unchanged');
  // The index of the fixtures is fresh until 2027.
  world.clock.jump(5 * 366 * 86_400_000);
  expect(await world.refusal(world.updateTo(newRelease, atOld))).toBe('NOT_STAGED');
  const renewed = { verifyIndex: acceptingIndex(world.sources, { counter: 2, expiresAt: '2040-01-01T00:00:00Z' }) };
  expect(await refusalOf(world, newRelease, renewed)).toContain('unchanged');
  expect((await world.result(world.updateTo(newRelease, atOld))).kind).toBe('done');
});

test('what somebody put into the downloads is not what was staged', async () => {
  const world = await NodeWorld.ready();
  const planted = makeRelease({ version: '1.6.0', files: { 'bin/server': 'six' } });
  const directory = `/node/downloads/${hexOf(planted.manifest.manifestHash)}`;
  await world.files.makeDirectory(directory);
  const withoutIndex: Partial<NodeDeps> = { verifyIndex: acceptingIndex(new Map()) };
  world.offer(planted);
  expect(await refusalOf(world, planted, withoutIndex)).toContain('INDEX_ENTRY_MISSING');
  await world.files.makeDirectory(`${directory}/bin`);
  for (const [path, bytes] of planted.files)
    await world.files.writeFile(`${directory}/${path.slice('themisdb-1.6.0/'.length)}`, bytes, 0o400);
  expect(await world.refusal(world.updateTo(planted, atOld))).toBe('NOT_STAGED');
});

test('a release that was signed anew is fetched again, and one that runs is put right whoever signed it', async () => {
  const world = await NodeWorld.ready();
  const signedAnew: string[] = [];
  const deps: Partial<NodeDeps> = {
    verifyRelease: async (source, path, expectation) => {
      const isAtSource = path !== '';
      if (isAtSource) signedAnew.push(expectation.version);
      // The signature beside the staged copy is one that nobody believes any more.
      if (isAtSource || expectation.history === 'installed')
        return world.deps().verifyRelease(source, path, expectation);
      return { kind: 'refused', error: new ThemisError('CERTIFICATE_INVALID', 'revoked', { reason: 'CERT_REVOKED' }) };
    },
  };
  expect(await refusalOf(world, newRelease, deps)).toContain('done');
  expect(await refusalOf(world, oldRelease, deps)).toContain('unchanged');
  expect(signedAnew).toEqual(['1.5.0']);
});

test('of two releases with one counter the node takes the one that it had', async () => {
  const world = await NodeWorld.ready();
  const twin = makeRelease({ version: '1.4.9', counter: 4, files: { 'bin/server': 'twin' } });
  world.offer(twin);
  expect(await refusalOf(world, twin)).toContain('COUNTER_ROLLED_BACK');
  await world.result(world.updateTo(newRelease, atOld));
  const back = { kind: 'rollback', authority, operation: 'b', keep: null, healthTimeoutMs: 0 } as const;
  expect((await world.result({ ...back, restorePoint: 'before-1.5.0' })).kind).toBe('done');
  // Its counter is the highest that was ever seen, and it is the release that had it.
  expect(await refusalOf(world, newRelease)).toContain('unchanged');
  expect((await world.result(world.updateTo(newRelease, atOld))).kind).toBe('done');
});

test('the highest index is remembered, refused releases or not, and an older one is not believed again', async () => {
  const world = await fresh();
  const with_ = (counter: number): Partial<NodeDeps> => ({ verifyIndex: acceptingIndex(world.sources, { counter }) });
  const missing = makeRelease({ version: '9.0.0', files: { a: 'a' } });
  expect(await refusalOf(world, missing, with_(7))).toContain('INDEX_ENTRY_MISSING');
  expect(await refusalOf(world, oldRelease, with_(6))).toContain('INDEX_ROLLED_BACK');
  expect(await refusalOf(world, oldRelease, with_(200_000))).toContain('INDEX_JUMP');
  expect(await refusalOf(world, oldRelease, with_(7))).toContain('done');
});

test('a counter that jumps is refused, and lets through what node.yaml allows', async () => {
  const far = makeRelease({ version: '1.6.0', counter: 2000, files: { 'bin/server': 'six' } });
  const world = await NodeWorld.ready();
  world.offer(far);
  expect(await refusalOf(world, far)).toContain('COUNTER_JUMP');
  expect((await trail(world)).at(-1)?.kind).toBe('counter-refused');
  const document = new TextEncoder().encode(JSON.stringify({ ...nodeDocument, limits: { maxCounterJump: 5000 } }));
  await world.files.writeFile('/node/node.yaml', document, 0o644);
  expect(await refusalOf(world, far)).toContain('done');
});

test('the first product is the one of the node; node.yaml may name others', async () => {
  const foreign = makeRelease({ version: '1.6.0', files: { a: 'a' }, manifest: { product: 'other' } });
  const world = await NodeWorld.ready();
  world.offer(foreign);
  const index: Partial<NodeDeps> = { verifyIndex: acceptingIndex(world.sources, { product: 'other' }) };
  expect(await refusalOf(world, foreign, index)).toContain('RELEASE_PRODUCT');
  expect(await refusalOf(world, foreign)).toContain('RELEASE_PRODUCT');
  const document = new TextEncoder().encode(JSON.stringify({ ...nodeDocument, products: ['themisdb', 'other'] }));
  await world.files.writeFile('/node/node.yaml', document, 0o644);
  expect(await refusalOf(world, foreign, index)).toContain('done');
});

test('a release is installed only over what it upgrades from', async () => {
  const world = await NodeWorld.ready();
  const later = makeRelease({ version: '1.6.0', files: { 'bin/server': '6' }, manifest: { minUpgradeFrom: '1.5.0' } });
  world.offer(later);
  await world.result(stageOf(later));
  const reply = await world.ask(world.updateTo(later, atOld));
  expect(reply.kind === 'refused' ? reply.failure.message : reply).toContain('RELEASE_UPGRADE_FROM');
  await world.result(world.updateTo(newRelease, atOld));
  const atNew = { themisdb: newRelease.manifest.manifestHash };
  expect((await world.result(world.updateTo(later, atNew))).kind).toBe('done');
});

test('revocation lists of the index come first; one that is withheld or another refuses it', async () => {
  const world = await fresh();
  const list = new TextEncoder().encode('a list');
  const crls = [{ url: 'crls/a.crl', sha256: hexOf(digestBytes(list)) }];
  const given: Partial<NodeDeps> = {
    verifyIndex: acceptingIndex(world.sources, { crls }),
    takeList: () => ({ ok: true, issuer: { name: 'CN=A', revoked: 1 }, covered: [] }),
  };
  expect(await refusalOf(world, oldRelease, given)).toContain('INDEX_LIST');
  world.sources.set('crls/a.crl', new TextEncoder().encode('another list'));
  expect(await refusalOf(world, oldRelease, given)).toContain('INDEX_LIST');
  world.sources.set('crls/a.crl', list);
  const unusable = (code: 'CRL_SIGNATURE_INVALID' | 'CRL_SIGNER_UNTRUSTED'): Partial<NodeDeps> => ({
    ...given,
    takeList: () => ({ ok: false, code, message: 'No.' }),
  });
  expect(await refusalOf(world, oldRelease, unusable('CRL_SIGNATURE_INVALID'))).toContain('CRL_SIGNATURE_INVALID');
  expect(await refusalOf(world, newRelease, unusable('CRL_SIGNER_UNTRUSTED'))).toContain('done');
  expect(await refusalOf(world, oldRelease, given)).toContain('done');
  const [name] = await world.files.readDirectory(`${trustDirectory}/crls`);
  expect(await world.files.readFile(`${trustDirectory}/crls/${name!}`)).toEqual(list);
  expect((await trail(world)).at(-1)?.kind).toBe('crl-taken');
  // One that names all that this one names takes its place; one that leaves something out lies beside it.
  const take = async (bytes: string, covered: readonly Digest[]): Promise<number> => {
    const newer = new TextEncoder().encode(bytes);
    world.sources.set('crls/a.crl', newer);
    const indexed = [{ url: 'crls/a.crl', sha256: hexOf(digestBytes(newer)) }];
    const offered = makeRelease({ version: `1.6.${bytes.length}`, files: { a: bytes } });
    world.offer(offered);
    const deps: Partial<NodeDeps> = {
      verifyIndex: acceptingIndex(world.sources, { crls: indexed }),
      takeList: () => ({ ok: true, issuer: { name: 'CN=A', revoked: 1 }, covered }),
    };
    expect(await refusalOf(world, offered, deps)).toContain('done');
    return (await world.files.readDirectory(`${trustDirectory}/crls`)).length;
  };
  expect(await take('beside', [])).toBe(2);
  expect(await take('in the place of the first', [digestBytes(list)])).toBe(2);
});

test('killed at every effect of a rotation the node has the old anchors or the new ones, and works', async () => {
  const ends = { old: 0, new: 0 };
  for (let at = 1; ; at += 1) {
    const files = new MemoryFileSystem();
    const world = new NodeWorld(files);
    await world.init();
    const fuse = new Fuse({ at, when: 'before', kind: 'kill' });
    const context = await openNode(world.deps(fuse));
    const ended = await Promise.race([rotateAnchors(context, { bytes: next, signature: null }), fuse.died]);
    if (ended !== 'died') {
      expect(ended).toMatchObject({ version: 2, digest: digestBytes(next) });
      break;
    }
    files.crash();
    const bytes = await files.readFile(anchorsFile);
    const end = digestBytes(bytes) === digestBytes(next) ? 'new' : 'old';
    if (end === 'old') expect(bytes, fuse.hit).toEqual(anchors);
    ends[end] += 1;
    expect((await world.observe()).refusing, fuse.hit).toBeUndefined();
    expect((await world.result(stageOf(oldRelease))).kind, fuse.hit).toBe('done');
    // From here on only those that lie there are right.
    await files.writeFile(anchorsFile, end === 'old' ? next : anchors, 0o444);
    expect((await world.observe()).refusing, fuse.hit).toBeDefined();
  }
  expect(ends.old).toBeGreaterThan(3);
  expect(ends.new).toBeGreaterThan(1);
});

test('a rotation that is refused changes nothing but the audit trail', async () => {
  const world = await fresh();
  const context = await openNode({
    ...world.deps(),
    verifyRotation: () => ({ ok: false, code: 'ANCHORS_ROTATION_VERSION', message: 'Too old.' }),
  });
  await expect(rotateAnchors(context, { bytes: next, signature: null })).rejects.toMatchObject({
    reason: 'ANCHORS_ROTATION_VERSION',
  });
  expect(await world.files.readFile(anchorsFile)).toEqual(anchors);
  expect((await trail(world)).map(({ kind }) => kind)).toEqual(['rotation-refused']);
});

test('the audit trail stays bounded, and a torn line spoils no other', async () => {
  const world = await fresh();
  const context = await openNode(world.deps());
  const file = '/node/state/audit.jsonl';
  await world.files.writeFile(file, new TextEncoder().encode('{"at":"2026-0'), 0o600);
  await writeAudit(context, 'crl-taken', 'one');
  const lines = new TextDecoder()
    .decode(await world.files.readFile(file))
    .trimEnd()
    .split('\n');
  expect(lines).toHaveLength(2);
  expect(JSON.parse(lines[1]!)).toMatchObject({ kind: 'crl-taken', detail: 'one' });
  await world.files.writeFile(file, new Uint8Array(auditLimitBytes).fill(0x0a), 0o600);
  await writeAudit(context, 'crl-taken', 'two');
  expect((await trail(world)).map(({ detail }) => detail)).toEqual(['two']);
  expect((await world.files.lstat(`${file}.1`))?.sizeBytes).toBe(auditLimitBytes);
});
