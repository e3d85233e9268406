/**
 * Files above 2 and 4 GiB: where offsets stop fitting into 31 and 32 bits. The file is sparse, so it costs reading and
 * hashing but hardly any disk. A node that copies it (`npm run soak`) needs 16 GiB.
 */
import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, truncateSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createNodeFileSystem } from '../../../src/adapters/file-system/node.ts';
import { openDirectorySource } from '../../../src/adapters/release-source/directory.ts';
import type { StagedRelease } from '../../../src/model/message.ts';
import { handleNodeRequest } from '../../../src/node/handle-request.ts';
import { initNode } from '../../../src/node/init.ts';
import { type BuiltRelease, listPayload, sealManifest, writeRelease } from '../../../src/release/build-release.ts';
import { verifyPayload } from '../../../src/release/verify-release.ts';
import { anchors, authority, requestOf } from '../../support/node/node-world.ts';
import { processDeps } from '../../support/node/process-world.ts';
import { description } from '../../support/releases.ts';
import { isSoak } from '../../support/runs.ts';

// A busy machine reads four of these for a while.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

const gib = 2 ** 30;
const sizeBytes = 4 * gib + 64;
/** `openssl dgst -sha256` of the file; soak asks it again. */
const saidByOpenssl = '2a54b11737a520b456a8db782abd6297b6715095b9e45b18ca4b1fb4e219f510';
const files = createNodeFileSystem();
let root: string;
let built: BuiltRelease;
const directory = (): string => join(root, 'releases/themisdb-1.5.0');
const payload = (): string => join(directory(), 'data');

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'themis-large-'));
  mkdirSync(directory(), { recursive: true });
  write(0, 'begin');
  truncateSync(payload(), sizeBytes);
  write(sizeBytes - 3, 'end');
  built = sealManifest({
    files: await listPayload(files, directory()),
    ...description,
    platform: 'any',
    architecture: 'any',
  });
});

afterAll(() => rmSync(root, { recursive: true }));

function write(offset: number, text: string): void {
  const file = openSync(payload(), offset === 0 ? 'w' : 'r+');
  writeSync(file, text, offset);
  closeSync(file);
}

async function verdict(): Promise<string> {
  const source = openDirectorySource(join(root, 'releases'));
  const release = { directory: 'themisdb-1.5.0', manifest: built.manifest };
  const codes: string[] = [];
  for await (const { refusal } of verifyPayload(source, release)) codes.push(refusal?.code ?? 'ok');
  return codes.join(' ');
}

describe('a file above 4 GiB', () => {
  it('is hashed as others hash it', () => {
    if (isSoak) {
      const [said] = execFileSync('openssl', ['dgst', '-sha256', '-r', payload()], { encoding: 'utf8' }).split(' ');
      expect(said).toBe(saidByOpenssl);
    }
    expect(built.manifest.files).toMatchObject([{ path: 'data', sizeBytes, sha256: saidByOpenssl }]);
  });

  it.each(isSoak ? [2 * gib + 1, 4 * gib + 1] : [4 * gib + 1])(
    'is refused with one byte changed at %i',
    async (offset) => {
      write(offset, 'x');
      expect(await verdict()).toBe('RELEASE_FILE_HASH');
      write(offset, '\0');
    },
  );
});

describe.each(isSoak ? ['at length'] : [])('a file above 4 GiB, %s', () => {
  it('is refused when it is cut short by one byte', async () => {
    truncateSync(payload(), sizeBytes - 1);
    expect(await verdict()).toBe('RELEASE_FILE_SIZE');
    write(sizeBytes - 1, 'd');
  });

  it('is installed whole by a node, and refused by it with its last part changed', async () => {
    await writeRelease(files, directory(), built);
    const deps = {
      ...processDeps(join(root, 'node')),
      openSource: () => openDirectorySource(join(root, 'releases')),
    };
    const document = {
      apiVersion: 'themis.dev/v1',
      kind: 'Node',
      name: 'node-a',
      service: { manager: 'none' },
    } as const;
    await initNode(deps, { document, anchors });
    const { package: name, version, manifestHash } = built.manifest;
    const wanted = { package: name, version, manifestHash };
    const locator = { kind: 'directory', directory: join(root, 'releases'), path: 'themisdb-1.5.0' } as const;
    const index = {
      formatVersion: '1.0',
      product: built.manifest.product,
      counter: 1,
      generatedAt: '',
      expiresAt: '',
    };
    const entry = {
      ...wanted,
      platform: 'any',
      architecture: 'any',
      url: 'themisdb-1.5.0/release.json',
      critical: false,
    } as const;
    const handle = handleNodeRequest({
      ...deps,
      verifyIndex: async () => ({ kind: 'verified', index: { ...index, entries: [entry], deltas: [] } }),
    });
    const stage = async (release: StagedRelease) =>
      handle(requestOf({ kind: 'stage', authority, releases: [release] }));
    write(4 * gib + 1, 'x');
    expect(await stage({ ...wanted, locator })).toMatchObject({
      kind: 'refused',
      failure: { code: 'FILE_HASH_MISMATCH' },
    });
    write(4 * gib + 1, '\0');
    expect(await stage({ ...wanted, locator })).toMatchObject({ result: { kind: 'done' } });
    const update = {
      operation: 'first',
      releases: [wanted],
      expected: {},
      restorePoint: 'empty',
      healthTimeoutMs: 1000,
    };
    expect(await handle(requestOf({ kind: 'update', authority, ...update }))).toMatchObject({
      result: { kind: 'done' },
    });
    const { digest } = await files.digestFile(join(root, 'node/install/data'));
    expect(digest).toBe(`sha256:${built.manifest.files[0]!.sha256}`);
  });
});
