import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MemoryFileSystem } from '../../src/adapters/file-system/memory.ts';
import { hexOf } from '../../src/kernel/digest.ts';
import { handleNodeRequest } from '../../src/node/handle-request.ts';
import { makeTestDelta, programOf } from '../support/delta/node-delta.ts';
import { authority, NodeWorld, requestOf } from '../support/node/node-world.ts';
import { acceptingIndex, makeRelease, type TestRelease } from '../support/node/releases.ts';
import { runs } from '../support/runs.ts';

const releaseOf = (version: string): TestRelease =>
  makeRelease({
    version,
    files: { 'bin/server': programOf(version, 'server', 200), 'lib/x': programOf(version, 'x', 200) },
  });
const [four, five, six] = [releaseOf('1.4.0'), releaseOf('1.5.0'), releaseOf('1.6.0')];

/** One byte of one file becomes another, or the file ends there, or it goes, or it is another one. */
const mutation = fc.record({
  file: fc.nat(),
  at: fc.nat(),
  byte: fc.nat(255),
  kind: fc.constantFrom('byte', 'byte', 'byte', 'cut', 'gone', 'other'),
});

test('whatever is done to deltas and patches, signed as they are, a node stages exactly the release', async () => {
  const disk = new MemoryFileSystem();
  const start = new NodeWorld(disk);
  for (const release of [four, five, six]) start.offer(release);
  await start.init();
  await start.install(four);
  await start.ask({ kind: 'prune', keepRestorePoints: 0, pinned: [] });
  const made = [await makeTestDelta(four, five), await makeTestDelta(five, six)];
  const deltaFiles = new Map(made.flatMap(({ files }) => [...files]));
  const clean = new Map([...start.sources, ...deltaFiles]);
  let fallbacks = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(mutation, { minLength: 1, maxLength: 3 }), async (mutations) => {
      const world = new NodeWorld(disk.clone());
      for (const [path, bytes] of clean) world.sources.set(path, bytes);
      const paths = [...deltaFiles.keys()];
      for (const { file, at, byte, kind } of mutations) {
        const path = paths[file % paths.length]!;
        const bytes = Uint8Array.from(world.sources.get(path) ?? [0]);
        if (kind === 'byte') bytes[at % bytes.length] = byte;
        if (kind === 'gone') world.sources.delete(path);
        else if (kind === 'other') world.sources.set(path, deltaFiles.get(paths[at % paths.length]!)!);
        else world.sources.set(path, kind === 'cut' ? bytes.slice(0, at % bytes.length) : bytes);
      }
      // The index was made before, and whoever signed it signs anything.
      const deps = { ...world.deps(), verifyIndex: acceptingIndex(clean) };
      const notes: string[] = [];
      const reply = await handleNodeRequest(deps)(
        requestOf({ kind: 'stage', authority, releases: [six.staged] }),
        ({ note }) => notes.push(...(note === undefined ? [] : [note])),
      );
      fallbacks += notes.length;
      expect(reply).toMatchObject({ kind: 'finished', result: { kind: 'done' } });
      const staged = `/node/downloads/${hexOf(six.manifest.manifestHash)}`;
      for (const [path, bytes] of six.files) {
        const file = path.slice(path.indexOf('/') + 1);
        expect(Buffer.from(await world.files.readFile(`${staged}/${file}`)).equals(bytes)).toBe(true);
      }
    }),
    runs(5000),
  );
  expect(fallbacks).toBeGreaterThan(10);
});
