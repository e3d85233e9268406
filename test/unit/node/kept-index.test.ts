import { describe, expect, it } from 'vitest';
import { MemoryFileSystem } from '../../../src/adapters/file-system/memory.ts';
import type { NodeDeps } from '../../../src/node/deps.ts';
import { handleNodeRequest } from '../../../src/node/handle-request.ts';
import { verifyIndex } from '../../../src/release/index/verify-index.ts';
import type { FoundRelease } from '../../../src/release/scan-releases.ts';
import { toTrustError } from '../../../src/trust/refusal.ts';
import { farSource } from '../../support/delta/index-fixture.ts';
import { authority, NodeWorld, requestOf } from '../../support/node/node-world.ts';
import { makeRelease, type TestRelease } from '../../support/node/releases.ts';
import * as pki from '../../support/pki.ts';
import { publishAt } from '../../support/publish-index.ts';
import { testSigner, testTrust } from '../../support/releases.ts';

const { nowMs } = pki;
const releases = Array.from({ length: 30 }, (_, minor) =>
  makeRelease({ version: `1.${minor}.0`, counter: minor + 1, files: { 'bin/server': `server ${minor}` } }),
);

/** The first `count` releases as a signed index, with its changes, beside their files. */
async function publish(disk: MemoryFileSystem, counter: number, count: number): Promise<Map<string, Uint8Array>> {
  const found = releases.slice(0, count).map(({ manifest, staged }): FoundRelease => {
    const directory = staged.locator.kind === 'directory' ? staged.locator.path : '';
    return { directory, isSigned: true, result: { ok: true, manifest } };
  });
  const options = { nowMs, counter, crls: [], deltas: [], freshForMs: 86_400_000, yanked: new Set<never>() };
  await publishAt(disk, found, testSigner(), options);
  const files = new Map(releases.flatMap((release) => [...release.files]));
  for (const name of ['index.json', 'index.json.p7s']) files.set(name, await disk.readFile(`/r/${name}`));
  for (const name of await disk.readDirectory('/r/index'))
    files.set(`index/${name}`, await disk.readFile(`/r/index/${name}`));
  return files;
}

/** Stages a release from a far source; what was asked of it, and what the node said. */
async function stage(
  world: NodeWorld,
  files: ReadonlyMap<string, Uint8Array>,
  release: TestRelease,
): Promise<{ readonly asked: string[]; readonly reply: string }> {
  const source = farSource(files);
  const deps: NodeDeps = {
    ...world.deps(),
    openSource: () => source,
    async verifyIndex(from, { known }) {
      const verified = await verifyIndex(from, testTrust(), nowMs, known);
      if (!verified.ok) return { kind: 'refused', error: toTrustError(verified) };
      return { kind: 'verified', index: verified.index, fetched: verified.fetched };
    },
  };
  const request = requestOf({ kind: 'stage', authority, releases: [release.staged] });
  const reply = await handleNodeRequest(deps)(request);
  const said = reply.kind === 'refused' ? reply.failure.message : reply.kind;
  return { asked: source.asked, reply: said };
}

async function world(): Promise<{ readonly node: NodeWorld; readonly disk: MemoryFileSystem }> {
  const node = new NodeWorld();
  await node.init();
  const disk = new MemoryFileSystem();
  await disk.makeDirectory('/r');
  return { node, disk };
}

const whole = ['index.json: bytes', 'index.json.p7s: bytes'];
const indexes = '/node/state/indexes';

describe('the index of a far source', () => {
  it('is kept once it is believed, and read in part from then on', async () => {
    const { node, disk } = await world();
    const first = await stage(node, await publish(disk, 1, 20), releases[1]!);
    expect(first).toEqual({ asked: whole, reply: 'finished' });
    const second = await stage(node, await publish(disk, 2, 22), releases[21]!);
    expect(second).toEqual({ asked: ['index.json.p7s: bytes', 'changes: bytes'], reply: 'finished' });
    const same = await stage(node, await publish(disk, 3, 22), releases[2]!);
    expect(same.reply).toBe('finished');
    expect(await node.files.readDirectory(indexes)).toHaveLength(1);
  });

  it('is read whole where what was kept is damaged, and is not kept where it is not believed', async () => {
    const { node, disk } = await world();
    const files = await publish(disk, 1, 20);
    const unsigned = new Map(files);
    unsigned.delete('index.json.p7s');
    expect((await stage(node, unsigned, releases[1]!)).reply).toContain('INDEX_UNSIGNED');
    expect(await node.files.lstat(indexes)).toBeNull();
    await stage(node, files, releases[1]!);
    const [name] = await node.files.readDirectory(indexes);
    const kept = await node.files.readFile(`${indexes}/${name}`);
    kept[kept.length - 9]! ^= 1;
    await node.files.writeFile(`${indexes}/${name}`, kept, 0o600);
    expect(await stage(node, files, releases[2]!)).toEqual({ asked: whole, reply: 'finished' });
    await node.files.writeFile(`${indexes}/${name}`, Buffer.from('{"formatVersion":"1.0"}\n'), 0o600);
    expect(await stage(node, files, releases[3]!)).toEqual({ asked: whole, reply: 'finished' });
  });

  it('of an older counter is not believed in part either', async () => {
    const { node, disk } = await world();
    const older = await publish(disk, 5, 20);
    await stage(node, await publish(disk, 6, 22), releases[1]!);
    expect((await stage(node, older, releases[2]!)).reply).toContain('INDEX_ROLLED_BACK');
  });

  it('keeps those of the last few sources', async () => {
    const { node, disk } = await world();
    const files = await publish(disk, 1, 20);
    for (const [position, release] of releases.slice(0, 7).entries()) {
      const at = release.staged.locator;
      if (at.kind !== 'directory') throw new Error('not a directory');
      const staged = { ...release.staged, locator: { ...at, directory: `/elsewhere/${position}` } };
      expect((await stage(node, files, { ...release, staged })).reply).toBe('finished');
    }
    expect(await node.files.readDirectory(indexes)).toHaveLength(4);
  });
});
