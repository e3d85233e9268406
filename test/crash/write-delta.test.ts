/** Writing a delta over another one, killed or failing at the n-th effect for every n: one of both, or one that no index lists. */
import { expect, test } from 'vitest';
import { digestBytes, hexOf } from '../../src/kernel/digest.ts';
import type { FileSystem } from '../../src/ports/file-system.ts';
import type { FoundPatch } from '../../src/release/delta/find-patches.ts';
import { findPresent } from '../../src/release/delta/present-delta.ts';
import { scanDeltas } from '../../src/release/delta/scan-deltas.ts';
import { assembleDelta, writeDelta } from '../../src/release/delta/write-delta.ts';
import { writeWholeFile } from '../../src/release/write-file.ts';
import { deltaEntries, from, onDisk, to } from '../support/delta/delta-fixture.ts';
import { Fuse, fusedFileSystem } from '../support/node/fuse.ts';

function patchesOf(text: string): FoundPatch[] {
  const patch = Buffer.from(text);
  const pair = { base: from.manifest.files[0]!, target: to.manifest.files[0]! };
  return [{ pair, algorithm: 'BSDIFF', patch, patchHash: hexOf(digestBytes(patch)), wasThere: false }];
}

async function write(files: FileSystem, text: string): Promise<void> {
  const patches = patchesOf(text);
  const delta = assembleDelta(from.manifest, to.manifest, patches);
  await writeDelta(files, '/r', delta, patches, await findPresent(files, '/r', delta), async (path, bytes) => {
    const slash = path.lastIndexOf('/');
    const signature = Buffer.from(`over ${digestBytes(bytes)}`);
    await writeWholeFile(files, path.slice(0, slash), `${path.slice(slash + 1)}.p7s`, signature);
  });
}

/** Which delta lies there signed and whole; null where there is none. What is signed and not whole fails the test. */
async function lying(files: FileSystem): Promise<string | null> {
  const [found] = await scanDeltas(files, '/r');
  if (found === undefined || !found.isSigned || !found.result.ok) return null;
  const { delta, digest } = found.result;
  const at = `/r/${found.directory}`;
  expect(Buffer.from(await files.readFile(`${at}/delta.json.p7s`)).toString()).toBe(`over ${digest}`);
  const bytes = await files.readFile(`${at}/${delta.files[0]!.patchUrl}`);
  expect(hexOf(digestBytes(bytes))).toBe(delta.files[0]!.patchHash);
  return Buffer.from(bytes).toString();
}

for (const kind of ['kill', 'fail'] as const) {
  test.each([[null], ['before']])(`${kind}, over %s`, async (earlier) => {
    const entries = [...(await deltaEntries())].filter(([path]) => !path.startsWith('deltas/'));
    const start = await onDisk(new Map(entries));
    if (earlier !== null) await write(start, earlier);
    const seen = new Set<string | null>();
    for (let at = 1; ; at += 1) {
      const disk = start.clone();
      const fuse = new Fuse({ at, when: 'before', kind });
      await Promise.race([write(fusedFileSystem(disk, fuse), 'after').catch(() => {}), fuse.died]);
      if (fuse.hit === undefined) break;
      seen.add(await lying(disk));
      await write(disk, 'after');
      expect(await lying(disk)).toBe('after');
      const [name] = await disk.readDirectory('/r/deltas');
      expect(await disk.readDirectory(`/r/deltas/${name}/patches`)).toHaveLength(1);
    }
    expect(seen).toEqual(new Set(earlier === null ? ['after', null] : ['after', 'before', null]));
  });
}
