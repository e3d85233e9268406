import { expect, test } from 'vitest';
import { MemoryFileSystem } from '../../../../src/adapters/file-system/memory.ts';
import type { DeltaFile } from '../../../../src/model/delta.ts';
import { madeByPatches } from '../../../../src/node/delivery/patches/made-by-patches.ts';
import type { PatchStep } from '../../../../src/node/delivery/patches/plan-patches.ts';
import { layoutOf } from '../../../../src/node/layout.ts';
import { patchAlgorithm } from '../../../../src/patch/index.ts';
import { programOf } from '../../../support/delta/node-delta.ts';
import { contentOf, someBytes } from '../../../support/node/delivery-run.ts';
import { memorySource } from '../../../support/node/releases.ts';

const layout = layoutOf({
  directories: { install: '/install', state: '/state', downloads: '/downloads', trust: '/trust' },
});
const program = (version: string): Uint8Array => Buffer.from(programOf(version));
const [four, five, six] = [program('1.4.0'), program('1.5.0'), program('1.6.0')];

async function diskWith(files: Readonly<Record<string, Uint8Array>>): Promise<MemoryFileSystem> {
  const disk = new MemoryFileSystem();
  for (const directory of ['/downloads', layout.parts]) await disk.makeDirectory(directory);
  for (const [path, bytes] of Object.entries(files)) await disk.writeFile(path, bytes, 0o400);
  return disk;
}

/** The patch lies at `/NAME` on the disk, as if it had been fetched. `over`: what is signed and is not so. */
async function step(
  disk: MemoryFileSystem,
  name: string,
  base: Uint8Array,
  target: Uint8Array,
  over: Partial<DeltaFile> = {},
): Promise<PatchStep> {
  const patch = await patchAlgorithm('VCDIFF').make(base, target, {});
  await disk.writeFile(`/${name}`, patch, 0o400);
  const { sha256: patchHash, sizeBytes: patchSize } = contentOf(patch);
  const { sha256: targetHash, sizeBytes: targetSize } = contentOf(target);
  const sizes = { patchHash, patchSize, targetHash, targetSize };
  const file = { path: 'bin/server', baseHash: contentOf(base).sha256, patchUrl: `patches/${name}`, ...sizes };
  return { path: `deltas/${name}`, baseBytes: base.length, file: { ...file, algorithm: 'VCDIFF', ...over } };
}

async function make(
  files: MemoryFileSystem,
  steps: readonly [PatchStep, ...PatchStep[]],
  bases: readonly string[],
): Promise<Buffer> {
  const origin = madeByPatches({ files, layout }, memorySource(new Map()), { steps, from: '1.4.0' }, bases);
  const needed = steps.map(({ file }) => file.patchUrl.replace('patches', ''));
  const chunks: Uint8Array[] = [];
  for await (const chunk of origin.make(needed, new AbortController().signal)) chunks.push(Uint8Array.from(chunk));
  return Buffer.concat(chunks);
}

test('a patch starts at the first place that has what it was made from, and at no other content', async () => {
  const damaged = four.map((byte, at) => (at === 1000 ? byte ^ 1 : byte));
  const disk = await diskWith({ '/damaged': damaged, '/right': four });
  const steps = [await step(disk, 'p', four, five)] as const;
  expect((await make(disk, steps, ['/none', '/damaged', '/right'])).equals(five)).toBe(true);
  await expect(make(disk, steps, ['/damaged'])).rejects.toMatchObject({ code: 'FILE_HASH_MISMATCH' });
});

test('what is made on the way has to be what was signed, even where nothing of it is used', async () => {
  const disk = await diskWith({ '/right': four });
  const unlike = someBytes(3000);
  const last = await step(disk, 'q', someBytes(6000, 9), unlike, { baseHash: contentOf(six).sha256 });
  const onTheWay = (over: Partial<DeltaFile>) => step(disk, 'p', four, five, over);
  expect((await make(disk, [await onTheWay({}), last], ['/right'])).equals(unlike)).toBe(true);
  const { sha256: targetHash } = contentOf(six);
  await expect(make(disk, [await onTheWay({ targetHash }), last], ['/right'])).rejects.toMatchObject({
    code: 'PATCH_INVALID',
  });
  expect(await disk.readDirectory(layout.parts)).toEqual([]);
});
