import { describe, expect, it } from 'vitest';
import { hexOf } from '../../../src/kernel/digest.ts';
import { ThemisError } from '../../../src/kernel/error.ts';
import type { DeltaFile, ReleaseDelta } from '../../../src/model/delta.ts';
import type { NodeProgress } from '../../../src/model/message.ts';
import type { NodeDeps } from '../../../src/node/deps.ts';
import { handleNodeRequest } from '../../../src/node/handle-request.ts';
import { patchAlgorithm } from '../../../src/patch/index.ts';
import type { AuditEntry } from '../../../src/node/trust/audit.ts';
import { makeTestDelta, programOf, type TestDelta } from '../../support/delta/node-delta.ts';
import { authority, nodeDocument, NodeWorld, requestOf } from '../../support/node/node-world.ts';
import { makeRelease, memorySource, type TestRelease } from '../../support/node/releases.ts';

const releaseOf = (version: string): TestRelease =>
  makeRelease({
    version,
    counter: Number(version.split('.')[1]),
    files: {
      'bin/server': [programOf(version), '0755'],
      'bin/tool': [programOf(version === '1.4.0' ? version : '1.5.0', 'tool'), '0755'],
      'etc/server.conf': `version = ${version}`,
      'share/same.txt': 'the same in all',
      [`lib/libdb.so.${version}`]: programOf(version, 'lib'),
    },
  });
const [four, five, six] = [releaseOf('1.4.0'), releaseOf('1.5.0'), releaseOf('1.6.0')];

interface Staged {
  /** Payload files and patches that were fetched. */
  readonly fetched: string[];
  readonly notes: string[];
  readonly reply: string;
  readonly fetchedBytes: number;
}

async function ready(...deltas: readonly TestDelta[]): Promise<NodeWorld> {
  const world = new NodeWorld();
  await world.init();
  for (const release of [four, five, six]) world.offer(release);
  await world.install(four);
  for (const { files } of deltas) for (const [path, bytes] of files) world.sources.set(path, bytes);
  return world;
}

async function stage(world: NodeWorld, release: TestRelease, over: Partial<NodeDeps> = {}): Promise<Staged> {
  const fetched: string[] = [];
  const progress: NodeProgress[] = [];
  const source = memorySource(world.sources);
  const counted = {
    ...source,
    openFile: async (path: string, wanted: Parameters<typeof source.openFile>[1]) => {
      fetched.push(path);
      return source.openFile(path, wanted);
    },
  };
  const deps = { ...world.deps(), openSource: () => counted, ...over };
  const request = requestOf({ kind: 'stage', authority, releases: [release.staged] });
  const reply = await handleNodeRequest(deps)(request, (each) => progress.push(each));
  return {
    fetched: fetched
      .map((path) => path.replace(/^deltas\/(.*)\/patches\/.*/u, 'patch $1').replace(/^.*?\//u, ''))
      .toSorted(),
    notes: progress.flatMap(({ note }) => note ?? []),
    reply: reply.kind === 'refused' ? reply.failure.code : reply.kind,
    fetchedBytes: progress.at(-1)?.fetchedBytes ?? 0,
  };
}

/** What stands staged is byte for byte the release, and nothing is left of how it came there. */
async function expectStaged(world: NodeWorld, { manifest, files }: TestRelease): Promise<void> {
  const staged = `/node/downloads/${hexOf(manifest.manifestHash)}`;
  for (const { path } of manifest.files) {
    const whole = [...files].find(([name]) => name.endsWith(`/${path}`))![1];
    expect(Buffer.from(await world.files.readFile(`${staged}/${path}`)).equals(Buffer.from(whole))).toBe(true);
  }
  expect(await world.files.lstat('/node/downloads/parts')).toBeNull();
}

async function trail(world: NodeWorld): Promise<AuditEntry[]> {
  if ((await world.files.lstat('/node/state/audit.jsonl')) === null) return [];
  const text = new TextDecoder().decode(await world.files.readFile('/node/state/audit.jsonl'));
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as AuditEntry);
}

const patches = (name: string, count: number): string[] => Array.from({ length: count }, () => name);

describe('staging by delta', () => {
  it('fetches patches for what changed, nothing for what is here, and the whole of what is new', async () => {
    const world = await ready(await makeTestDelta(four, five));
    const staged = await stage(world, five);
    expect(staged).toMatchObject({ reply: 'finished', notes: [] });
    expect(staged.fetched).toEqual(['etc/server.conf', ...patches('patch 1.4.0-1.5.0', 3)]);
    expect(staged.fetchedBytes).toBeLessThan(programOf('1.5.0').length);
    await expectStaged(world, five);
    expect(await trail(world)).toEqual([]);
  });

  it('goes by a chain of two where no delta leads there at once, and takes one step where only one changes a file', async () => {
    const world = await ready(await makeTestDelta(four, five), await makeTestDelta(five, six));
    const staged = await stage(world, six);
    expect(staged).toMatchObject({ reply: 'finished', notes: [] });
    expect(staged.fetched).toEqual([
      'etc/server.conf',
      ...patches('patch 1.4.0-1.5.0', 3),
      ...patches('patch 1.5.0-1.6.0', 2),
    ]);
    await expectStaged(world, six);
  });

  it('makes several files of one that was made on the way, beside each other, and leaves nothing of the way', async () => {
    const release = (version: string, names: readonly string[]): TestRelease =>
      makeRelease({
        version,
        files: Object.fromEntries(names.map((name) => [`lib/a.${name}`, programOf(`${version} ${name}`, 'a', 20_000)])),
      });
    const [old, middle, last] = [release('1.4.0', ['0']), release('1.5.0', ['1']), release('1.6.0', ['2', '3', '4'])];
    const world = new NodeWorld();
    await world.init();
    for (const each of [old, middle, last]) world.offer(each);
    await world.install(old);
    // A run that was killed left it, of a content that nobody asks for any more.
    await world.files.makeDirectory('/node/downloads/parts');
    await world.files.writeFile(`/node/downloads/parts/${'a'.repeat(64)}.step`, Buffer.from('half'), 0o600);
    for (const made of [await makeTestDelta(old, middle), await makeTestDelta(middle, last)])
      for (const [path, bytes] of made.files) world.sources.set(path, bytes);
    const staged = await stage(world, last);
    expect(staged).toMatchObject({ reply: 'finished', notes: [] });
    expect(staged.fetched).toEqual([...patches('patch 1.4.0-1.5.0', 1), ...patches('patch 1.5.0-1.6.0', 3)]);
    await expectStaged(world, last);
  });

  it('starts at what is kept for a restore point as well', async () => {
    const world = await ready();
    await world.install(five, { themisdb: four.manifest.manifestHash });
    await world.ask({ kind: 'prune', keepRestorePoints: 9, pinned: [] });
    for (const [path, bytes] of (await makeTestDelta(four, six)).files) world.sources.set(path, bytes);
    const staged = await stage(world, six);
    expect(staged.fetched).toEqual(['etc/server.conf', ...patches('patch 1.4.0-1.6.0', 2)]);
    await expectStaged(world, six);
  });

  it('starts at what is staged and never was installed', async () => {
    const world = await ready();
    await world.result({ kind: 'stage', authority, releases: [five.staged] });
    for (const [path, bytes] of (await makeTestDelta(five, six)).files) world.sources.set(path, bytes);
    const staged = await stage(world, six);
    expect(staged.fetched).toEqual(['etc/server.conf', ...patches('patch 1.5.0-1.6.0', 2)]);
    await expectStaged(world, six);
  });

  it('goes the way with the fewest bytes, not the one with the fewest bytes of patches', async () => {
    const chain = [await makeTestDelta(four, five), await makeTestDelta(five, six)];
    const only = (path: string) => (delta: ReleaseDelta) => ({
      ...delta,
      files: delta.files.filter((file) => file.path === path),
    });
    const long = await stage(await ready(...chain), six);
    // Of one file the direct patch is smaller than those of the chain, and of the others it has none.
    const world = await ready(...chain, await makeTestDelta(four, six, only('bin/server')));
    const staged = await stage(world, six);
    expect(staged.fetched).toEqual([
      'etc/server.conf',
      ...patches('patch 1.4.0-1.5.0', 2),
      'patch 1.4.0-1.6.0',
      'patch 1.5.0-1.6.0',
    ]);
    expect(staged.fetchedBytes).toBeLessThan(long.fetchedBytes);
    await expectStaged(world, six);
  });

  it('fetches everything whole where the index lists no delta that helps', async () => {
    const world = await ready(await makeTestDelta(five, six));
    expect((await stage(world, six)).fetched).toEqual([
      'bin/server',
      'bin/tool',
      'etc/server.conf',
      'lib/libdb.so.1.6.0',
    ]);
    await expectStaged(world, six);
  });
});

describe('a patch that is', () => {
  const target = 'bin/server';
  const patchOf = ({ delta, url }: TestDelta): string =>
    `${url.slice(0, -'delta.json'.length)}${delta.files.find(({ path }) => path === target)!.patchUrl}`;
  const flipped = (bytes: Uint8Array): Uint8Array =>
    bytes.map((byte, at) => (at === bytes.length >> 1 ? byte ^ 1 : byte));

  const damages: Record<string, (world: NodeWorld, made: TestDelta) => void> = {
    damaged: (world, made) => world.sources.set(patchOf(made), flipped(world.sources.get(patchOf(made))!)),
    missing: (world, made) => world.sources.delete(patchOf(made)),
    'cut off': (world, made) => world.sources.set(patchOf(made), world.sources.get(patchOf(made))!.slice(0, -9)),
    'too long': (world, made) =>
      world.sources.set(patchOf(made), Buffer.concat([world.sources.get(patchOf(made))!, Buffer.alloc(9)])),
  };
  it.each(Object.entries(damages))('%s is not used: its file alone comes whole, and it is said', async (_, damage) => {
    const made = await makeTestDelta(four, five);
    const world = await ready(made);
    damage(world, made);
    const staged = await stage(world, five);
    expect(staged.reply).toBe('finished');
    expect(staged.fetched.filter((path) => !path.startsWith('patch'))).toEqual([target, 'etc/server.conf']);
    expect(staged.notes).toEqual([expect.stringContaining(`${target} comes whole`)]);
    expect(await trail(world)).toMatchObject([{ kind: 'patch-refused', detail: staged.notes[0] }]);
    await expectStaged(world, five);
  });

  it('signed and hostile makes nothing but the file it was signed for, or nothing at all', async () => {
    const evil = Buffer.from('\u0028\u00b5\u002f\u00fd not a patch at all', 'latin1');
    const { digestBytes } = await import('../../../src/kernel/digest.ts');
    const patchHash = hexOf(digestBytes(evil));
    const change = (delta: ReleaseDelta): ReleaseDelta => ({
      ...delta,
      files: delta.files.map((file) =>
        file.path === target ? { ...file, patchUrl: `patches/${patchHash}`, patchHash, patchSize: evil.length } : file,
      ),
    });
    const made = await makeTestDelta(four, five, change);
    const world = await ready(made);
    world.sources.set(`${made.url.slice(0, -'delta.json'.length)}patches/${patchHash}`, evil);
    const staged = await stage(world, five);
    expect([staged.reply, staged.notes]).toEqual(['finished', [expect.stringContaining(`${target} comes whole`)]]);
    await expectStaged(world, five);
  });

  it('not worth it is not asked for', async () => {
    const change = (delta: ReleaseDelta): ReleaseDelta => ({
      ...delta,
      files: delta.files.map((file) => (file.path === target ? { ...file, patchSize: file.targetSize } : file)),
    });
    const world = await ready(await makeTestDelta(four, five, change));
    const staged = await stage(world, five);
    expect([staged.fetched[0], staged.notes]).toEqual([target, []]);
    await expectStaged(world, five);
  });
});

describe('a patch that this node does not apply', () => {
  it('because it has no such algorithm costs its own file a whole transfer, and is said', async () => {
    const change = (delta: ReleaseDelta): ReleaseDelta => ({
      ...delta,
      files: delta.files.map((file) => (file.path === 'bin/tool' ? { ...file, algorithm: 'FUTURE' } : file)),
    });
    const world = await ready(await makeTestDelta(four, five, change));
    const staged = await stage(world, five);
    expect(staged.fetched).toEqual(['bin/tool', 'etc/server.conf', ...patches('patch 1.4.0-1.5.0', 2)]);
    expect(staged.notes).toEqual([expect.stringMatching(/^bin\/tool comes whole.* no FUTURE/u)]);
    expect(await trail(world)).toMatchObject([{ kind: 'patch-refused', detail: staged.notes[0] }]);
    await expectStaged(world, five);
  });

  it('because it takes more memory than node.yaml allows is not fetched either, and is said', async () => {
    const made = await makeTestDelta(four, five);
    const { limits } = patchAlgorithm('VCDIFF');
    const neededOf = ({ patchSize, baseHash, targetSize: targetBytes }: DeltaFile): number => {
      const baseBytes = four.manifest.files.find(({ sha256 }) => sha256 === baseHash)!.sizeBytes;
      return baseBytes + patchSize + limits.applyBytes({ baseBytes, targetBytes });
    };
    const most = made.delta.files.toSorted((a, b) => neededOf(a) - neededOf(b)).at(-1)!;
    for (const [allowed, whole] of [
      [neededOf(most), []],
      [neededOf(most) - 1, [most.path]],
    ] as const) {
      const world = await ready(made);
      const config = { ...nodeDocument, delivery: { patchMemory: `${allowed}B` } };
      await world.files.writeFile('/node/node.yaml', Buffer.from(JSON.stringify(config)), 0o600);
      const staged = await stage(world, five);
      expect(staged.fetched).toEqual(
        [...whole, 'etc/server.conf', ...patches('patch 1.4.0-1.5.0', 3 - whole.length)].toSorted(),
      );
      expect(staged.notes).toEqual(whole.map((path) => expect.stringMatching(`^${path} comes whole.*patchMemory`)));
      await expectStaged(world, five);
    }
  });
});

describe('what is installed', () => {
  it('and was changed by somebody is no base: that file alone comes whole', async () => {
    const world = await ready(await makeTestDelta(four, five));
    await world.ask({ kind: 'prune', keepRestorePoints: 0, pinned: [] });
    await world.files.writeFile('/node/install/bin/server', Buffer.from(programOf('1.4.1')), 0o755);
    const staged = await stage(world, five);
    expect(staged.reply).toBe('finished');
    expect(staged.notes).toEqual([expect.stringContaining('bin/server comes whole')]);
    await expectStaged(world, five);
  });
});

describe('a delta that trust refuses', () => {
  const refusing =
    (bad: (url: string) => boolean, accepting: NodeDeps['verifyDelta']): NodeDeps['verifyDelta'] =>
    async (source, url, expectation) =>
      bad(url)
        ? { kind: 'refused', error: new ThemisError('UNSIGNED', 'The delta carries no signature. (DELTA_UNSIGNED)') }
        : accepting(source, url, expectation);

  it('is no way, and is said: another delta is taken, else the files come whole', async () => {
    const chain = [await makeTestDelta(four, five), await makeTestDelta(five, six), await makeTestDelta(four, six)];
    const world = await ready(...chain);
    const { verifyDelta } = world.deps();
    const direct = await stage(world, six, {
      verifyDelta: refusing((url) => url.includes('1.4.0-1.6.0'), verifyDelta),
    });
    expect(direct.fetched.filter((path) => path.startsWith('patch'))).toHaveLength(5);
    expect(direct.notes).toEqual([expect.stringContaining('deltas/1.4.0-1.6.0/delta.json is not used')]);
    await expectStaged(world, six);

    const other = await ready(...chain);
    const none = await stage(other, six, { verifyDelta: refusing(() => true, verifyDelta) });
    expect(none.reply).toBe('finished');
    expect(none.fetched.filter((path) => path.startsWith('patch'))).toEqual([]);
    expect((await trail(other)).map(({ kind }) => kind)).toEqual(['delta-refused', 'delta-refused']);
    await expectStaged(other, six);
  });

  it('and a source that does not give it, or breaks off, are no reason to fail', async () => {
    const made = await makeTestDelta(four, five);
    const world = await ready(made);
    const verifyDelta: NodeDeps['verifyDelta'] = async () => {
      throw new ThemisError('TIMEOUT', 'slow');
    };
    expect(await stage(world, five, { verifyDelta })).toMatchObject({
      reply: 'finished',
      notes: [expect.stringContaining('slow')],
    });
    await expectStaged(world, five);
  });

  it('but one that wants to be left alone is, and whoever cancels is told so: neither is a refusal', async () => {
    const later = new ThemisError('RATE_LIMITED', 'come back later', { retryAfterMs: 3_600_000 });
    for (const error of [later, new ThemisError('CANCELLED', 'The staging was cancelled.')]) {
      const world = await ready(await makeTestDelta(four, five));
      const verifyDelta: NodeDeps['verifyDelta'] = async () => {
        throw error;
      };
      const { reply, notes, fetched } = await stage(world, five, { verifyDelta });
      expect([reply, notes, fetched]).toEqual([error.code, [], []]);
      expect(await trail(world)).toEqual([]);
    }
  });
});
