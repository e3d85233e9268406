import { describe, expect, it } from 'vitest';
import { ThemisError } from '../../../../src/kernel/error.ts';
import { fetchIndex, type KnownIndex } from '../../../../src/release/index/changes/fetch-index.ts';
import { diffIndexes, encodeIndexDelta } from '../../../../src/release/index/changes/index-delta.ts';
import { entryOf, farSource, indexOf } from '../../../support/delta/index-fixture.ts';

const many = (from: number, to: number): ReturnType<typeof entryOf>[] =>
  Array.from({ length: to - from }, (_, position) => entryOf('themisdb', `1.${from + position}.0`));
const older = indexOf(1, many(0, 20));
const newer = indexOf(2, many(0, 22));
const changesPath = `index/${older.digest.slice(7)}.delta.json`;
const nothingPath = `index/${newer.digest.slice(7)}.delta.json`;

const sign = (bytes: Uint8Array): Uint8Array => Buffer.from(`signed ${Buffer.from(bytes).toString('base64')}`);
const holds = (bytes: Uint8Array, signature: Uint8Array): boolean => Buffer.from(sign(bytes)).equals(signature);

function published(): Map<string, Uint8Array> {
  return new Map([
    ['index.json', newer.bytes],
    ['index.json.p7s', sign(newer.bytes)],
    [changesPath, encodeIndexDelta(diffIndexes(older, newer))],
    [nothingPath, encodeIndexDelta(diffIndexes(newer, newer))],
  ]);
}

const knownOf = ({ bytes }: typeof older): KnownIndex => {
  return { bytes, signature: sign(bytes), validators: { index: null, signature: null, changes: null } };
};

const whole = ['index.json: bytes', 'index.json.p7s: bytes'];

describe('fetching an index', () => {
  it('reads the whole where nothing is known, then what changed, then that nothing did, in fewer and fewer bytes', async () => {
    const source = farSource(published());
    expect(await fetchIndex(source, null, holds)).toMatchObject({ way: 'full', bytes: newer.bytes });
    expect(source.asked.splice(0)).toEqual(whole);
    const merged = await fetchIndex(source, knownOf(older), holds);
    expect(merged).toMatchObject({ way: 'merged', bytes: newer.bytes, signature: sign(newer.bytes) });
    expect(source.asked.splice(0)).toEqual(['changes: bytes', 'index.json.p7s: bytes']);
    const same = await fetchIndex(source, merged, holds);
    expect(same).toMatchObject({ way: 'unchanged', bytes: newer.bytes });
    expect(source.asked.splice(0)).toEqual(['changes: bytes', 'index.json.p7s: unchanged']);
    expect(await fetchIndex(source, same, holds)).toMatchObject({ way: 'unchanged', signature: sign(newer.bytes) });
    expect(source.asked).toEqual(['changes: unchanged', 'index.json.p7s: unchanged']);
  });

  it('asks whether the whole changed where changes are not kept', async () => {
    const files = published();
    files.delete(changesPath);
    files.delete(nothingPath);
    const source = farSource(files);
    const full = await fetchIndex(source, knownOf(older), holds);
    expect(full).toMatchObject({ way: 'full', bytes: newer.bytes });
    source.asked.splice(0);
    expect(await fetchIndex(source, full, holds)).toMatchObject({ way: 'unchanged' });
    expect(source.asked).toEqual(['changes: NOT_FOUND', 'index.json: unchanged', 'index.json.p7s: unchanged']);
  });

  it('reads the whole where nothing is far away', async () => {
    const source = { ...farSource(published()), host: '' };
    expect(await fetchIndex(source, knownOf(older), holds)).toMatchObject({ way: 'full' });
    expect(source.asked).toEqual(whole);
  });

  const delta = diffIndexes(older, newer);
  const entries = delta.entries;
  const hostile: Record<string, Uint8Array> = {
    'is not JSON': Buffer.from('{'),
    'is of another index': encodeIndexDelta({ ...delta, from: newer.digest }),
    'promises another index': encodeIndexDelta({ ...delta, to: `sha256:${'0'.repeat(64)}` }),
    'leads to an older index that was signed once': encodeIndexDelta(diffIndexes(older, indexOf(3, many(0, 5)))),
    'says that nothing changed': encodeIndexDelta(diffIndexes(older, older)),
    'adds what is there': encodeIndexDelta({ ...delta, entries: { ...entries, added: [older.index.entries[0]!] } }),
    'adds a thing twice': encodeIndexDelta({
      ...delta,
      entries: { ...entries, added: [...entries.added, ...entries.added] },
    }),
    'removes what is not there': encodeIndexDelta({
      ...delta,
      entries: { ...entries, removed: [{ package: 'x', version: '1.0.0', platform: 'any', architecture: 'any' }] },
    }),
    'changes what is not there': encodeIndexDelta({
      ...delta,
      entries: { ...entries, changed: [entryOf('x', '1.0.0')] },
    }),
    'is larger than what it changes': Buffer.alloc(older.bytes.length + (1 << 16) + 1, ' '),
  };
  it.each(Object.entries(hostile))('reads the whole where the changes document %s', async (_, bytes) => {
    const files = published();
    files.set(changesPath, bytes);
    const source = farSource(files);
    expect(await fetchIndex(source, knownOf(older), holds)).toMatchObject({ way: 'full', bytes: newer.bytes });
    expect(source.asked.slice(-2)).toEqual(whole);
  });

  it('believes no source that says of what it never sent that it is still the same', async () => {
    const source = farSource(published());
    const lying = { ...source, readChanged: async () => ({ kind: 'unchanged' as const }) };
    await expect(fetchIndex(lying, knownOf(older), holds)).resolves.toMatchObject({ bytes: older.bytes });
    const stale = { ...knownOf(older), signature: sign(Buffer.from('other')) };
    await expect(fetchIndex(lying, stale, holds)).rejects.toMatchObject({ code: 'IO' });
  });

  it('reads the signature again where a server takes another one of the same second for the one before', async () => {
    const known = { ...knownOf(older), validators: { index: 'x', signature: 'same second', changes: null } };
    const without = published();
    without.delete(changesPath);
    for (const [way, files] of [
      ['merged', published()],
      ['full', without],
    ] as const) {
      const far = farSource(files);
      const coarse: typeof far = {
        ...far,
        readChanged: async (path, limitBytes, validator) =>
          validator === 'same second' ? { kind: 'unchanged' } : far.readChanged(path, limitBytes, validator),
      };
      const fetched = await fetchIndex(coarse, known, holds);
      expect(fetched).toMatchObject({ way, bytes: newer.bytes, signature: sign(newer.bytes) });
    }
  });

  it('returns an index without a signature as that, and ends where the source does not answer', async () => {
    const files = published();
    files.delete('index.json.p7s');
    expect(await fetchIndex(farSource(files), knownOf(older), holds)).toMatchObject({ way: 'full', signature: null });
    expect(await fetchIndex(farSource(files), null, holds)).toMatchObject({ way: 'full', signature: null });
    const down = { ...farSource(files), readChanged: () => Promise.reject(new ThemisError('TIMEOUT', 'slow')) };
    await expect(fetchIndex(down, knownOf(older), holds)).rejects.toMatchObject({ code: 'TIMEOUT' });
    await expect(fetchIndex(farSource(new Map()), knownOf(older), holds)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});
