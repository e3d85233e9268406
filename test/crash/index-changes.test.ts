/** Publishing an index, killed or failing at the n-th effect for every n: a reader gets an index that was signed, always. */
import { expect, test } from 'vitest';
import { createMemoryManifestStore } from '../../src/adapters/manifest-store/memory.ts';
import { MemoryFileSystem } from '../../src/adapters/file-system/memory.ts';
import { fetchIndex } from '../../src/release/index/changes/fetch-index.ts';
import type { IndexOptions } from '../../src/release/index/assemble-index.ts';
import { verifyIndex } from '../../src/release/index/verify-index.ts';
import type { FoundRelease } from '../../src/release/scan-releases.ts';
import { checkIndex } from '../../src/trust/policy/check-index.ts';
import type { FileSystem } from '../../src/ports/file-system.ts';
import type { ManifestStore } from '../../src/ports/manifest-store.ts';
import { farSource } from '../support/delta/index-fixture.ts';
import { releaseOf } from '../support/delta/delta-fixture.ts';
import { Fuse, fusedFileSystem } from '../support/node/fuse.ts';
import * as pki from '../support/pki.ts';
import { publishAt } from '../support/publish-index.ts';
import { testSigner, testTrust } from '../support/releases.ts';

const { nowMs } = pki;
const found = (count: number): FoundRelease[] =>
  Array.from({ length: count }, (_, minor) => ({
    directory: `themisdb-1.${minor}.0`,
    isSigned: true,
    result: { ok: true, manifest: releaseOf(`1.${minor}.0`, {}).manifest },
  }));

const options = (counter: number): IndexOptions => ({
  nowMs,
  counter,
  crls: [],
  deltas: [],
  freshForMs: 86_400_000,
  yanked: new Set(),
});

async function publish(disk: FileSystem, counter: number, store?: ManifestStore): Promise<void> {
  await publishAt(disk, found(counter + 12), testSigner(), options(counter), store);
}

async function filesOf(disk: FileSystem): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  for (const name of ['index.json', 'index.json.p7s'])
    if ((await disk.lstat(`/r/${name}`)) !== null) files.set(name, await disk.readFile(`/r/${name}`));
  if ((await disk.lstat('/r/index')) === null) return files;
  for (const name of await disk.readDirectory('/r/index'))
    files.set(`index/${name}`, await disk.readFile(`/r/index/${name}`));
  return files;
}

const holds = (index: Uint8Array, signature: Uint8Array): boolean =>
  checkIndex({ index, signature, trust: testTrust(), nowMs }).ok;

for (const kind of ['kill', 'fail'] as const) {
  test(`${kind}: a reader of each index before gets one that was signed, and the next run finds the way from all of them`, async () => {
    const start = new MemoryFileSystem();
    await start.makeDirectory('/r');
    await start.syncDirectory('/');
    const earlier: Uint8Array[] = [];
    for (const counter of [1, 2, 3]) {
      await publish(start, counter);
      earlier.push(await start.readFile('/r/index.json'));
    }
    let hits = 0;
    for (let at = 1; ; at += 1) {
      const disk = start.clone();
      const fuse = new Fuse({ at, when: 'before', kind });
      const store = createMemoryManifestStore();
      const work = publish(fusedFileSystem(disk, fuse), 4, store).catch(() => {});
      await Promise.race([work, fuse.died]);
      if (fuse.hit === undefined) break;
      hits += 1;
      disk.crash();
      const files = await filesOf(disk);
      for (const bytes of earlier) {
        const known = { bytes, signature: null, validators: { index: null, signature: null } };
        const fetched = await fetchIndex(farSource(files), known, holds);
        // Between its two files the index is unsigned, never wrongly signed; there is no third thing.
        expect(fetched.signature === null || holds(fetched.bytes, fetched.signature)).toBe(true);
      }
      await publish(disk, 5, store);
      const healed = farSource(await filesOf(disk));
      for (const bytes of earlier) {
        const known = { bytes, signature: null, validators: { index: null, signature: null } };
        expect(await fetchIndex(healed, known, holds)).toMatchObject({ way: 'merged' });
      }
      expect((await disk.readDirectory('/r/index')).filter((name) => name.startsWith('.'))).toEqual([]);
      expect(await verifyIndex(healed, testTrust(), nowMs)).toMatchObject({ ok: true, index: { counter: 5 } });
    }
    expect(hits).toBeGreaterThan(20);
  });
}

test('an index that is not signed, or removed, has no changes beside it', async () => {
  const disk = new MemoryFileSystem();
  await disk.makeDirectory('/r');
  await publish(disk, 1);
  expect(await disk.readDirectory('/r/index')).toHaveLength(1);
  await publishAt(disk, found(2), undefined, options(2));
  expect(await disk.readDirectory('/r')).toEqual(['index.json']);
});
