import { describe, expect, it } from 'vitest';
import type { MemoryFileSystem } from '../../../../src/adapters/file-system/memory.ts';
import { findPresent, presentPatches } from '../../../../src/release/delta/present-delta.ts';
import { assembleDelta, writeDelta } from '../../../../src/release/delta/write-delta.ts';
import {
  delta,
  deltaDirectory,
  deltaEntries,
  deltaFile,
  from,
  onDisk,
  patch,
  to,
} from '../../../support/delta/delta-fixture.ts';
import { fileOf } from '../../../support/releases.ts';

const pair = { base: from.manifest.files[0]!, target: to.manifest.files[0]! };
const patchPath = `/r/${deltaDirectory}/${deltaFile.patchUrl}`;

describe('the delta that lies there', () => {
  const patchesIn = async (disk: MemoryFileSystem, of = pair): Promise<unknown[]> =>
    await presentPatches(disk, '/r', await findPresent(disk, '/r', delta), [of]);

  it('gives the patches that are whole and lead between the same files, whatever these are called', async () => {
    const disk = await onDisk(await deltaEntries());
    expect(await patchesIn(disk)).toMatchObject([{ algorithm: 'BSDIFF', patchHash: deltaFile.patchHash }]);
    const moved = { base: pair.base, target: { ...pair.target, path: 'bin/other' } };
    expect(await patchesIn(disk, moved)).toMatchObject([{ pair: moved, wasThere: true }]);
    expect(await patchesIn(disk, { ...pair, base: fileOf('bin/server', 'version three') })).toEqual([]);
    await disk.writeFile(patchPath, patch.toReversed(), 0o644);
    expect(await patchesIn(disk)).toEqual([]);
    await disk.writeFile(patchPath, patch.subarray(1), 0o644);
    expect(await patchesIn(disk)).toEqual([]);
    await disk.removeFile(patchPath);
    expect(await patchesIn(disk)).toEqual([]);
  });

  it('is not written over by who has not seen it', async () => {
    const disk = await onDisk(await deltaEntries());
    const present = await findPresent(disk, '/r', delta);
    const made = assembleDelta(from.manifest, to.manifest, []);
    await writeDelta(disk, '/r', made, [], present, null);
    await expect(writeDelta(disk, '/r', delta, [], present, null)).rejects.toMatchObject({
      code: 'ALREADY_IN_PROGRESS',
    });
  });
});
