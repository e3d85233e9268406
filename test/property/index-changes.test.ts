import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MemoryFileSystem } from '../../src/adapters/file-system/memory.ts';
import { digestBytes, type Digest } from '../../src/kernel/digest.ts';
import { parseIndexDelta } from '../../src/model/release-format/parse-index-delta.ts';
import { parseReleaseIndex } from '../../src/model/release-format/parse-index.ts';
import {
  composeDeltas,
  diffIndexes,
  type DigestedIndex,
  encodeIndexDelta,
  mergeIndex,
} from '../../src/release/index/changes/index-delta.ts';
import { writeChanges, writeStep } from '../../src/release/index/changes/publish-changes.ts';
import { fetchIndex } from '../../src/release/index/changes/fetch-index.ts';
import { encodeIndex } from '../../src/release/index/encode-index.ts';
import { entryOf, farSource, indexedDelta, indexOf } from '../support/delta/index-fixture.ts';
import { runs } from '../support/runs.ts';

const versions = ['1.0.0', '1.2.0', '1.10.0', '2.0.0-rc.2', '2.0.0-rc.10', '2.0.0'];
const content = fc.constantFrom('', 'a', 'ab', 'abc');
const entry = fc.record({ name: fc.constantFrom('a', 'b', 'b-c'), version: fc.constantFrom(...versions), content });
const listed = fc.uniqueArray(entry, { selector: ({ name, version }) => `${name} ${version}`, maxLength: 12 });
const step = fc.record({ name: fc.constantFrom('a', 'b'), to: fc.constantFrom(...versions.slice(1)), content });
const stepped = fc.uniqueArray(step, { selector: ({ name, to }) => `${name} ${to}`, maxLength: 5 });
const history = fc.array(fc.tuple(listed, stepped), { minLength: 2, maxLength: 8 });

type History = typeof history extends fc.Arbitrary<infer T> ? T : never;

const indexesOf = (lists: History): ReturnType<typeof indexOf>[] =>
  lists.map(([entries, deltas], position) =>
    indexOf(
      position + 1,
      entries.map((each) => entryOf(each.name, each.version, each.content)),
      deltas.map((each) => indexedDelta(each.name, '1.0.0', each.to, each.content)),
    ),
  );

const merged = (base: DigestedIndex, bytes: Uint8Array): Uint8Array => {
  const index = mergeIndex(base.index, parseIndexDelta(bytes));
  expect(index).not.toBeNull();
  return encodeIndex(index!);
};

test('an index that is read and written again keeps its bytes', () => {
  fc.assert(
    fc.property(history, (lists) => {
      for (const { bytes } of indexesOf(lists)) expect(encodeIndex(parseReleaseIndex(bytes))).toEqual(bytes);
    }),
    runs(10_000),
  );
});

test('changes merged into the index before give the bytes of the one after, in one step or in many put together', () => {
  fc.assert(
    fc.property(history, (lists) => {
      const indexes = indexesOf(lists);
      const last = indexes.at(-1)!;
      const steps = indexes.slice(1).map((after, position) => diffIndexes(indexes[position]!, after));
      for (const [position, base] of indexes.slice(0, -1).entries()) {
        const put = steps.slice(position).reduce(composeDeltas);
        expect(merged(base, encodeIndexDelta(diffIndexes(base, last)))).toEqual(last.bytes);
        expect(merged(base, encodeIndexDelta(put))).toEqual(last.bytes);
      }
    }),
    runs(10_000),
  );
});

test('whoever has one of the indexes before gets the newest from what was published, and from nothing else', async () => {
  await fc.assert(
    fc.asyncProperty(history, fc.nat(4), async (lists, most) => {
      const indexes = indexesOf(lists);
      const disk = await published(indexes, most);
      const last = indexes.at(-1)!;
      const files = await filesOf(disk);
      const kept = [...files.keys()].filter((path) => path.startsWith('index/'));
      expect(kept.length).toBeLessThanOrEqual(most + 1);
      for (const base of indexes) {
        const source = farSource(files);
        const known = {
          bytes: base.bytes,
          signature: null,
          validators: { index: null, signature: null },
        };
        const fetched = await fetchIndex(source, known, (bytes, signature) => isSigned(bytes, signature));
        expect(fetched.bytes).toEqual(last.bytes);
        if (fetched.way === 'merged') expect(source.asked).toEqual(['index.json.p7s: bytes', 'changes: bytes']);
      }
    }),
    runs(3000),
  );
});

test('changes that somebody altered end in the whole index, or in the same', async () => {
  const alteration = fc.record({ at: fc.nat(), byte: fc.nat(255), cut: fc.boolean() });
  await fc.assert(
    fc.asyncProperty(history, alteration, async (lists, { at, byte, cut }) => {
      const indexes = indexesOf(lists);
      const files = await filesOf(await published(indexes, 16));
      const base = indexes[0]!;
      const path = `index/${base.digest.slice(7)}.delta.json`;
      const changes = Uint8Array.from(files.get(path) ?? Buffer.from('{}'));
      changes[at % changes.length] = byte;
      files.set(path, cut ? changes.slice(0, at % changes.length) : changes);
      const known = { bytes: base.bytes, signature: null, validators: { index: null, signature: null } };
      const fetched = await fetchIndex(farSource(files), known, isSigned);
      expect(fetched.bytes).toEqual(indexes.at(-1)!.bytes);
    }),
    runs(10_000),
  );
});

/** In place of a signature: the digest of what was signed. */
function isSigned(bytes: Uint8Array, signature: Uint8Array): boolean {
  return Buffer.from(signature).toString() === digestBytes(bytes);
}

async function published(indexes: ReturnType<typeof indexOf>[], most: number): Promise<MemoryFileSystem> {
  const disk = new MemoryFileSystem();
  await disk.makeDirectory('/r');
  for (const after of indexes) {
    await writeStep(disk, '/r', after);
    await disk.writeFile('/r/index.json', after.bytes, 0o644);
    await disk.writeFile('/r/index.json.p7s', Buffer.from(after.digest satisfies Digest), 0o644);
    await writeChanges(disk, '/r', after, most);
  }
  return disk;
}

async function filesOf(disk: MemoryFileSystem): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  for (const name of ['index.json', 'index.json.p7s']) files.set(name, await disk.readFile(`/r/${name}`));
  for (const name of await disk.readDirectory('/r/index'))
    files.set(`index/${name}`, await disk.readFile(`/r/index/${name}`));
  return files;
}
